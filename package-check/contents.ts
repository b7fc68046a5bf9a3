/** What the tarball holds, and that what it refers to is in it. */
import { readdir, readFile, stat } from "node:fs/promises"
import { dirname, join, normalize, relative } from "node:path"
import { chunks } from "../tools/cliBundle.js"
import { manifest } from "../tools/manifest.js"

/** In bytes. Not goals: a package far above today's size is a mistake. */
const limits = { packed: 5 * 1024 * 1024, unpacked: 20 * 1024 * 1024 }

/** What Node loads in place of the modules, which has their declarations. */
const bundles = "dist/bundles/"

/** The command line, which nobody imports. */
const isCommandLine = (path: string): boolean => path === "dist/cli.js" || path.startsWith(`dist/${chunks}/`)

/** What npm always packs, and what `package.json` lists. */
const shipped = ["package.json", "README.md", "LICENSE", ...manifest.files]

const isShipped = (path: string): boolean => shipped.some((listed) => path === listed || path.startsWith(`${listed}/`))

const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(2)} MiB`

/** `directory` is the unpacked tarball. */
export const checkContents = async (tarball: string, directory: string): Promise<string> => {
  const found = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith("node_modules/"))
  const has = new Set(files)

  const problems = [
    ...files.filter((path) => !isShipped(path)).map((path) => `${path}: does not belong in the package`),
    ...files.filter((path) => /^(src|dist)\/.*\.test\./.test(path)).map((path) => `${path}: a test`),
    ...files
      .filter((path) => /^dist\/.*\.js$/.test(path) && !isCommandLine(path))
      .flatMap((path) => missingBeside(path, has)),
    ...files.filter((path) => /^(src|dist)\/cli\//.test(path)).map((path) => `${path}: is in dist/cli.js`),
    ...(
      await Promise.all(
        files.filter((path) => path.endsWith(".map")).map((path) => missingSources(directory, path, has))
      )
    ).flat(),
    ...(await deadLinks(directory, "README.md", has))
  ]
  const packed = (await stat(tarball)).size
  const sizes = await Promise.all(files.map(async (path) => (await stat(join(directory, path))).size))
  const unpacked = sizes.reduce((sum, size) => sum + size, 0)
  if (packed > limits.packed) problems.push(`packed ${mebibytes(packed)}, above ${mebibytes(limits.packed)}`)
  if (unpacked > limits.unpacked) problems.push(`unpacked ${mebibytes(unpacked)}, above ${mebibytes(limits.unpacked)}`)

  if (problems.length > 0) throw new Error(problems.join("\n"))
  return `${files.length} files, ${mebibytes(packed)} packed, ${mebibytes(unpacked)} unpacked`
}

/** A module without its declarations or its source is left over from an older build. */
const missingBeside = (path: string, has: ReadonlySet<string>): ReadonlyArray<string> => {
  const name = path.slice("dist/".length, -".js".length)
  const ofModule = [`dist/${name}.d.ts`, `dist/${name}.d.ts.map`, `src/${name}.ts`]
  return [`dist/${name}.js.map`, ...(path.startsWith(bundles) ? [] : ofModule)]
    .filter((needed) => !has.has(needed))
    .map((needed) => `${path}: ${needed} is missing`)
}

const missingSources = async (
  directory: string,
  path: string,
  has: ReadonlySet<string>
): Promise<ReadonlyArray<string>> => {
  const { sources, sourceRoot }: { readonly sources: ReadonlyArray<string>; readonly sourceRoot?: string } = JSON.parse(
    await readFile(join(directory, path), "utf8")
  )
  return sources
    .map((source) => normalize(join(dirname(path), sourceRoot ?? "", source)))
    .filter((source) => !has.has(source))
    .map((source) => `${path}: its source ${source} is missing`)
}

const deadLinks = async (directory: string, path: string, has: ReadonlySet<string>): Promise<ReadonlyArray<string>> => {
  const text = await readFile(join(directory, path), "utf8")
  return [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
    .flatMap(([, target]) => (target === undefined || /^[a-z]+:/.test(target) ? [] : [normalize(target)]))
    .filter((target) => !has.has(target) && ![...has].some((file) => file.startsWith(`${target}/`)))
    .map((target) => `${path}: links to ${target}, which is missing`)
}
