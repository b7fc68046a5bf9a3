/** Everything that Claude Code does, in every place. */
import { answers } from "./answers.js"
import type { Behaviour } from "./Behaviour.js"
import { conversations } from "./conversations.js"
import { ends } from "./ends.js"
import { permissions } from "./permissions.js"

export const behaviours: ReadonlyArray<Behaviour> = [...answers, ...conversations, ...permissions, ...ends]
