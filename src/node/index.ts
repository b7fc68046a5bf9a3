/** What only works on Node. */
export * as NodeTransport from "./NodeTransport.js"
