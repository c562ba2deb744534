/** The virtual telephone from outside: what `npm run phone`, the demo and the tests ask and say. */
export { askPhone } from "./phone-client.ts";
export type { PhoneAsk, PhoneReply } from "./phone-client.ts";
export { requestOf, wordsOf } from "./phone-words.ts";
