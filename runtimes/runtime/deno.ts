/** Deno, from the dependencies of this folder. */
import { installed, onCommandLine } from "./onCommandLine.js"

/** With the permissions that the program needs, and no other: the network, and nothing to write. */
export const deno = onCommandLine("Deno", installed("deno"), [
  "run",
  "--node-modules-dir=manual",
  "--no-prompt",
  "--allow-net=127.0.0.1"
])
