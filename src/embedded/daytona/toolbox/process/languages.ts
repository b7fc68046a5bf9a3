import { wrapped } from "./matplotlib.js"

/** Makes the line for the shell that runs a program; `argv` are words for the shell already. */
export type Language = (code: string, argv: string) => string

const decoded = (code: string) => `printf %s '${Buffer.from(code).toString("base64")}' | base64 --decode`

const python: Language = (code, argv) => `${decoded(wrapped(code))} | python3 -u - ${argv}\n`

// Node takes the dash for the name of the script.
const javascript: Language = (code, argv) => `${decoded(`process.argv.splice(1, 1); ${code}`)} | node - ${argv}\n`

/**
 * The daemon uses `npx ts-node`, which gets it from the network when it is not installed. Here it is whatever runs TypeScript
 * on this computer; without anything the line fails as that does without a network.
 */
const typescript: Language = (code, argv) =>
  [
    "directory=$(mktemp -d)",
    `${decoded(code)} > "$directory/code.ts"`,
    `set -- "$directory/code.ts" ${argv}`,
    'if command -v ts-node > /dev/null; then ts-node --transpileOnly "$@"',
    'elif command -v tsx > /dev/null; then tsx "$@"',
    'elif node --experimental-strip-types -e "" 2> /dev/null; then node --no-warnings --experimental-strip-types "$@"',
    'else npx --offline ts-node "$@"; fi',
    'code=$?; rm -rf "$directory"; exit $code'
  ].join("; ")

/** The languages that can be run, by the names that requests have for them. */
export const languages: ReadonlyMap<string, Language> = new Map([
  ["python", python],
  ["javascript", javascript],
  ["typescript", typescript]
])
