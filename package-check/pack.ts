/** The package as npm publishes it. */
import { join, resolve } from "node:path"
import { manifest, root } from "../tools/manifest.js"
import { succeed } from "./program.js"

/** The tarball that the command line names, or a new one, which `npm pack` builds first. */
export const tarballFor = async (argument: string | undefined, directory: string): Promise<string> => {
  if (argument !== undefined) return resolve(argument)
  await succeed("npm", ["pack", "--pack-destination", directory], { directory: root })
  return join(directory, `${manifest.name}-${manifest.version}.tgz`)
}
