/**
 * Stands for the global `performance` in the bundle (agent/build.ts): the global one loads Node's performance hooks,
 * of which nothing but the clock is used.
 */
const now = (): number => {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
};

export const performance = { now, timeOrigin: Date.now() - now() };
