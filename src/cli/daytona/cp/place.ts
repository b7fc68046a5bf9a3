/** A place: a path on this machine, or in a sandbox. */

/** A path on this machine, or in a sandbox. */
export interface Place {
  readonly sandbox: string | undefined
  readonly path: string
}

/** Reads `NAME:PATH`. Whatever has a slash before the colon, such as `./a:b`, is on this machine. */
export const parsePlace = (text: string): Place => {
  const [, sandbox, path] = /^([^:/\\]+):(.*)$/s.exec(text) ?? []
  if (sandbox === undefined || path === undefined) return { sandbox: undefined, path: text }
  // A drive of Windows.
  if (process.platform === "win32" && sandbox.length === 1) return { sandbox: undefined, path: text }
  return { sandbox, path: path === "" ? "." : path }
}

/** As it is written on a command line. */
export const placeText = ({ path, sandbox }: Place): string => (sandbox === undefined ? path : `${sandbox}:${path}`)
