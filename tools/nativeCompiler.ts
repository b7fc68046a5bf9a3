/**
 * The native compiler of TypeScript, with the diagnostics of the Effect language service built in: several times as
 * fast as the one in JavaScript, which remains for what needs its API.
 */
import { createRequire } from "node:module"

const require = createRequire(import.meta.url)

// `lib/getExePath` of the package would ask for another native compiler beside it.
const ofPlatform = createRequire(require.resolve("@effect/tsgo/package.json"))

/** The path of the executable. */
export const nativeCompiler = ofPlatform.resolve(`@effect/tsgo-${process.platform}-${process.arch}/lib/tsc`)
