/** What only works on Node. */
export * as NodeFiles from "./NodeFiles.js"
export * as NodeTransport from "./NodeTransport.js"
