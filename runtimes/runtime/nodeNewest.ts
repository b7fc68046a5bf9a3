/** The newest Node, from the dependencies of this folder. */
import { installed, onCommandLine } from "./onCommandLine.js"

export const nodeNewest = onCommandLine("Node, newest", installed("node"))
