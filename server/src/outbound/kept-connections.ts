import type http from "node:http";
import type { Duplex } from "node:stream";

/** Shorter than servers usually wait, so that few of them hang up as the next request comes. */
const IDLE_MILLIS = 4000;
const MOST_IDLE = 256;
/** The endpoints of many accounts may be one host's. */
const MOST_IDLE_OF_HOST = 64;

/**
 * Makes an agent that keeps connections for a moment, each for one host's name at one address: what
 * was looked up anew and is elsewhere now never gets an old one.
 */
export function keepingAgent(Agent: typeof http.Agent): http.Agent {
  const options = { keepAlive: true, timeout: IDLE_MILLIS, maxFreeSockets: MOST_IDLE_OF_HOST };
  const agent = new Agent(options);
  const nameOf = agent.getName.bind(agent);
  // Its types leave out that it says whether the server lets it be kept.
  const keep = agent.keepSocketAlive.bind(agent) as (socket: Duplex) => unknown;

  // The connection is to an address; the name is in the header.
  agent.getName = (request) => {
    const headers = request?.headers as http.OutgoingHttpHeaders | undefined;
    return `${nameOf(request)} ${headers?.host}`;
  };
  agent.keepSocketAlive = (socket): boolean => idle(agent) < MOST_IDLE && keep(socket) === true;
  return agent;
}

function idle({ freeSockets }: http.Agent): number {
  return Object.values(freeSockets).reduce((sum, sockets) => sum + (sockets?.length ?? 0), 0);
}
