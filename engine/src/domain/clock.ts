/** Unix milliseconds now. Passed in everywhere, so that tests can freeze time. */
export type Clock = () => number;
