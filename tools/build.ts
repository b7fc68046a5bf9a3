/** Builds what is published: `npm run build` writes `dist`. */
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { bundleCli } from "./cliBundle.js"
import { compile } from "./compile.js"
import { root } from "./manifest.js"
import { bundleForNode } from "./nodeBundles.js"

const dist = join(root, "dist")
await rm(dist, { recursive: true, force: true })
compile(dist)
await bundleForNode(dist)
await bundleCli(join(dist, "cli.js"))
