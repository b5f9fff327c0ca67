import { once } from "node:events";
import { existsSync, lstatSync, unlinkSync } from "node:fs";
import type { Server } from "node:http";
import { connect, createServer, type Server as SocketServer } from "node:net";
import path from "node:path";
import { UNIX_PEER } from "@latchkey/engine";
import type { FastifyBaseLogger } from "fastify";
import { drain } from "./server.ts";

/** Why there is no socket, and what to do about it. */
class UnixSocketError extends Error {
  constructor(file: string, why: string, cause: unknown) {
    super(`LATCHKEY_SOCKET ${JSON.stringify(file)} ${why}`, { cause });
    this.name = "UnixSocketError";
  }
}

/** A Unix socket on which a server answers beside its port. */
export interface UnixSocket {
  /** Accepts nothing more, and resolves when the last connection has ended. */
  close(): Promise<void>;
}

/**
 * Has a server answer on a Unix socket too, as on its port. Whoever may enter the socket's folder
 * may connect, as any process of this host may connect to a port of loopback. A socket that a killed
 * process left behind is replaced; one that is answered, or a file that is none, stays.
 *
 * @throws {UnixSocketError} For what an operator can mend.
 */
export async function answerOn(
  file: string,
  { server, log }: { readonly server: Server; readonly log: Pick<FastifyBaseLogger, "info"> },
): Promise<UnixSocket> {
  // As `node:http` has it: who has said all may still be answered.
  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    // Only this says where it came from: a TCP connection that was reset has no address either.
    Object.defineProperty(socket, "remoteAddress", { value: UNIX_PEER });
    server.emit("connection", socket);
  });
  try {
    if (await isLeftBehind(file)) unlinkSync(file);
    await listen(listener, file);
  } catch (fault) {
    const why = reasonOf(codeOf(fault), file);
    throw why === undefined ? fault : new UnixSocketError(file, why, fault);
  }
  log.info(`Server listening at unix:${file}`);
  return {
    async close() {
      drain(server, listener);
      const closed = once(listener, "close");
      listener.close();
      await closed;
    },
  };
}

async function listen(listener: SocketServer, file: string): Promise<void> {
  listener.listen({ path: file, readableAll: true, writableAll: true });
  await once(listener, "listening");
}

/** Whether there is a socket on which nobody listens any more. */
async function isLeftBehind(file: string): Promise<boolean> {
  if (!isSocket(file)) return false;
  const socket = connect(file);
  try {
    await once(socket, "connect");
    return false;
  } catch (fault) {
    return codeOf(fault) === "ECONNREFUSED";
  } finally {
    socket.destroy();
  }
}

function reasonOf(code: unknown, file: string): string | undefined {
  if (code === "EADDRINUSE") {
    return isSocket(file)
      ? "is answered by another process; give each its own"
      : "is a file that is no socket; name another, or remove it";
  }
  if (code !== "EACCES" && code !== "ENOTDIR") return undefined;
  // Node says EACCES of both.
  return code === "EACCES" && existsSync(path.dirname(file))
    ? "cannot be made; let this process write to its folder"
    : "lies in a folder that does not exist; make it first";
}

function isSocket(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isSocket() === true;
}

function codeOf(fault: unknown): unknown {
  return fault instanceof Error && "code" in fault ? fault.code : undefined;
}
