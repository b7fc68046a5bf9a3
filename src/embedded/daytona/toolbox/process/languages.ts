/** The command lines that run programs of each language. */
import { withCharts } from "./matplotlib.js"

/** Makes the shell command that runs a program. `argv` is already quoted for the shell. */
export type Language = (code: string, argv: string) => string

const decoded = (code: string) => `printf %s '${Buffer.from(code).toString("base64")}' | base64 --decode`

const python: Language = (code, argv) => `${decoded(withCharts(code))} | python3 -u - ${argv}\n`

/** Without the path of the script, or what Node takes for it, among the arguments. */
const withoutScript = (code: string) => `process.argv.splice(1, 1); ${code}`

const tsNode = `--transpileOnly --ignoreDiagnostics 5107 --compilerOptions '{"module":"CommonJS"}'`

const javascript: Language = (code, argv) => `${decoded(withoutScript(code))} | node - ${argv}\n`

/**
 * The daemon uses `npx ts-node`, which downloads it if necessary. Here it is whatever runs TypeScript on this computer;
 * without any, the command fails as it would without a network. Modules are CommonJS, and types are not checked.
 */
const typescript: Language = (code, argv) =>
  [
    "directory=$(mktemp -d)",
    `${decoded(withoutScript(code))} > "$directory/code.ts"`,
    `set -- "$directory/code.ts" ${argv}`,
    `if command -v ts-node > /dev/null; then ts-node ${tsNode} "$@"`,
    'elif command -v tsx > /dev/null; then tsx "$@"',
    'elif node --experimental-strip-types -e "" 2> /dev/null; then node --no-warnings --experimental-strip-types "$@"',
    `else npx --offline ts-node ${tsNode} "$@"; fi`,
    'code=$?; rm -rf "$directory"; exit $code'
  ].join("; ")

/** The supported languages, by their names in requests. */
export const languages: ReadonlyMap<string, Language> = new Map([
  ["python", python],
  ["javascript", javascript],
  ["typescript", typescript]
])
