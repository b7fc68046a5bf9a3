/** The systems, each under its name, and the failures that they share. */

export * as Daytona from "./daytona.js"
export * from "./errors/index.js"
export { RequestOptions, type RequestPolicy, withRequestOptions } from "./RequestOptions.js"
export * as Stromboli from "./stromboli.js"
