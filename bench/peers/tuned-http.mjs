import { createServer } from "node:http";

// The same with what `node:http` can be spared: no Date, no chunks, no header objects.
const HEAD = ["Content-Length", "0"];
createServer({ keepAliveTimeout: 72_000, requireHostHeader: false }, (_request, response) => {
  response.sendDate = false;
  response.writeHead(200, HEAD);
  response.end();
}).listen(Number(process.env.PORT), "127.0.0.1");
