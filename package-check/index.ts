/**
 * Checks the package as npm would publish it. `npm run test:package` packs it; with `-- x.tgz` it takes that tarball.
 * With `KEEP=1` the project that it was installed in is kept.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { manifest } from "../tools/manifest.js"
import { checkCommandLine } from "./commandLine.js"
import { checkContents } from "./contents.js"
import { checkIsolation, checkReach, checkShaking, checkSideEffects, wholeEntries } from "./entryPoints.js"
import { runExamples } from "./examples.js"
import { areTheTypesWrong, publint } from "./linters.js"
import { checkNodeBundles } from "./nodeBundles.js"
import { tarballFor } from "./pack.js"
import { compile, install } from "./project.js"

const directory = await mkdtemp(join(tmpdir(), "effect-sandboxes-package-"))

/** Prints what came of it; the result is whether all was well. */
const check = async (name: string, look: () => Promise<string>): Promise<boolean> => {
  const began = performance.now()
  const result = await look().then(
    (found) => ({ verdict: "ok  ", found }),
    (problem) => {
      process.exitCode = 1
      return { verdict: "FAIL", found: problem instanceof Error ? problem.message : String(problem) }
    }
  )
  const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(5)
  console.log(`${result.verdict} ${seconds} s  ${name}: ${result.found.replaceAll("\n", "\n                ")}`)
  return result.verdict !== "FAIL"
}

const compilersAndExamples = async (): Promise<void> => {
  if (await check("TypeScript 5.9", () => compile("typescript-5.9", directory))) {
    await check("examples run", () => runExamples(directory))
  }
  await check("TypeScript, newest", () => compile("typescript-newest", directory))
}

const everythingElse = async (tarball: string): Promise<void> => {
  await check("contents", () => checkContents(tarball, join(directory, "node_modules", manifest.name)))
  await check("publint", () => publint(tarball))
  await check("attw", () => areTheTypesWrong(tarball))
  const whole = wholeEntries(directory)
  await check("reach", async () => checkReach(await whole))
  await check("side effects", async () => checkSideEffects(await whole, directory))
  await check("one service alone", () => checkIsolation(directory))
  await check("one identifier alone", () => checkShaking(directory))
  await check("bundles for Node", () => checkNodeBundles(directory))
  await check("command line", () => checkCommandLine(tarball))
}

const began = performance.now()
try {
  const tarball = await tarballFor(process.argv[2], directory)
  console.log(`${tarball} after ${((performance.now() - began) / 1000).toFixed(1)} s`)
  if (await check("install", () => install(tarball, directory))) {
    // One half for each core; what runs the examples needs what the compiler has written.
    await Promise.all([compilersAndExamples(), everythingElse(tarball)])
  }
} finally {
  if (process.env["KEEP"] === "1") console.log(`left in ${directory}`)
  else await rm(directory, { recursive: true, force: true })
}
console.log(`${((performance.now() - began) / 1000).toFixed(0)} s in all`)
