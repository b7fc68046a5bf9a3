/** Bun, from the dependencies of this folder. */
import { installed, onCommandLine } from "./onCommandLine.js"

export const bun = onCommandLine("Bun", installed("bun"), ["run"])
