/** Where the command line keeps its files: the directories of the XDG convention, on every system. */
import { homedir } from "node:os"
import { isAbsolute, join } from "node:path"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

const below = (variable: string, ...fallback: ReadonlyArray<string>): Effect.Effect<string> =>
  Config.option(Config.string(variable)).pipe(
    Effect.orElseSucceed(() => Option.none<string>()),
    // The convention says to ignore a relative path.
    Effect.map(Option.filter(isAbsolute)),
    Effect.map(Option.getOrElse(() => join(homedir(), ...fallback))),
    Effect.map((directory) => join(directory, "effect-sandboxes"))
  )

/** The file with the profiles. */
export const profilesFile = Effect.map(below("XDG_CONFIG_HOME", ".config"), (directory) =>
  join(directory, "profiles.toml")
)

/** Where `serve` leaves word of the servers that run. */
export const stateDirectory = below("XDG_STATE_HOME", ".local", "state")
