/** The failures of everything inside a sandbox, one file per area. */

export * from "./computerUse.js"
export * from "./daemon.js"
export * from "./files.js"
export * from "./git.js"
export * from "./interpreter.js"
export * from "./languageServer.js"
export * from "./ports.js"
export * from "./process.js"
export * from "./pty.js"
