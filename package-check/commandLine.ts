/**
 * The command line, installed into an empty folder as `npx` does it, and alone: its files need nothing but Node.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import { bundleCli, chunks } from "../tools/cliBundle.js"
import { manifest, root } from "../tools/manifest.js"
import { checkCommands } from "./installedCommands.js"
import { npmInstall, run, succeed } from "./program.js"

/** The path of a file in the package. */
const fileOf = (installed: string, path: string) => join(installed, "node_modules", manifest.name, path)

/** Runs the commands of the README with the installed program. */
const runTests = (program: string): Promise<string> =>
  succeed(process.execPath, ["node_modules/vitest/vitest.mjs", "run", "--project", "cli", "test/cli/readme.test.ts"], {
    directory: root,
    environment: { EFFECT_SANDBOXES_CLI: program },
    limit: 300
  })

/** The names and contents of the files of the program. */
const filesOf = async (folder: string): Promise<ReadonlyArray<readonly [name: string, text: string]>> => {
  const names = ["cli.js", ...(await readdir(join(folder, chunks))).sort().map((name) => join(chunks, name))]
  return Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const))
}

/** What `npm test` says of the command line is true of this one: it is the same, byte for byte. */
const checkSame = async (program: string, directory: string): Promise<void> => {
  const tested = join(directory, "tested")
  await bundleCli(join(tested, "cli.js"))
  if (!isDeepStrictEqual(await filesOf(tested), await filesOf(dirname(program)))) {
    throw new Error("the installed program is not the one that `npm test` tests")
  }
}

export const checkCommandLine = async (tarball: string): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), "effect-sandboxes-bin-"))
  try {
    const installed = join(directory, "installed")
    const alone = join(directory, "alone")
    await Promise.all([installed, alone].map((folder) => mkdir(folder)))
    await npmInstall(installed, [tarball], ["--no-package-lock"])
    const help = await succeed(join(installed, "node_modules/.bin/effect-sandboxes"), ["--help"], {
      directory: installed
    })
    const licences = await readFile(fileOf(installed, "dist/cli.licenses.txt"), "utf8")
    const unlicensed = ["effect", "undici", "ws", "@effect/cli"].filter((name) => !licences.includes(`\n${name} `))
    if (unlicensed.length > 0) throw new Error(`no licence of ${unlicensed.join(", ")} in dist/cli.licenses.txt`)

    await cp(fileOf(installed, "dist/cli.js"), join(alone, "cli.js"))
    await cp(fileOf(installed, `dist/${chunks}`), join(alone, chunks), { recursive: true })
    await writeFile(join(alone, "package.json"), '{ "type": "module" }')
    const environment = { HOME: alone, XDG_CONFIG_HOME: alone, XDG_STATE_HOME: alone, NODE_PATH: "" }
    const args = [join(alone, "cli.js"), "run", "--embedded", "Count to 3"]
    const { code, output } = await run(process.execPath, args, { directory: alone, environment })
    if (code !== 0) throw new Error(`alone, it ends with exit code ${code}\n${output}`)

    const program = fileOf(installed, "dist/cli.js")
    await checkSame(program, directory)
    const commands = await checkCommands(join(installed, "node_modules/.bin/effect-sandboxes"), directory)
    const tests = await runTests(program)
    const passed = /Tests\s+(.*)/.exec(tests)?.[1] ?? "no tests"
    return `installed into an empty folder, ${help.split("\n").length} lines of help; alone, it runs a prompt; ${commands}; tests: ${passed}`
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
