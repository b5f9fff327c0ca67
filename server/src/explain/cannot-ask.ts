/** There is no decision to explain; the message says why, for who runs the command. */
export class CannotAsk extends Error {}
