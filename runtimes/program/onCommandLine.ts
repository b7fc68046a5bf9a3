/** For Node, Bun and Deno: the servers are the first argument, the report is what is printed. */
import { demonstrate } from "./demonstrate.js"

/** All three are led to the bundles, and not to the sources of this repository. */
const expected = "/node_modules/effect-sandboxes/dist/bundles/stromboli.js"

const loaded = import.meta.resolve("effect-sandboxes/stromboli")
const report = loaded.endsWith(expected)
  ? await demonstrate(JSON.parse(process.argv[2] ?? ""))
  : { did: {}, failure: `effect-sandboxes/stromboli is ${loaded}` }
console.log(JSON.stringify(report))
