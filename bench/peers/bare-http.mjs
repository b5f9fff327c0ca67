import { createServer } from "node:http";

// The least that anyone can write: it looks at nothing and answers 200.
createServer((_request, response) => {
  response.statusCode = 200;
  response.end();
}).listen(
  process.env.SOCKET
    ? { path: process.env.SOCKET }
    : { port: Number(process.env.PORT), host: "127.0.0.1" },
);
