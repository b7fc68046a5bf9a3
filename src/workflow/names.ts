/** The names of steps, and the keys that follow from them. */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js"
import * as Arguments from "../internal/arguments.js"
import type { DurableStore } from "./DurableStore.js"

/** The name of a step: it is part of keys, which have a limit. */
export const nameShape = Arguments.kind(
  (value) => typeof value === "string" && value.length > 0 && value.length <= 200 && !/\p{Surrogate}/u.test(value),
  "must be well-formed text of 1 to 200 characters"
)

/** The key under which a server keeps what a step pays for. */
export const keyIn = (store: DurableStore.Service, executionId: string, name: string): string =>
  `effect-sandboxes/${store.name}/${executionId}/${name}`

/** The same for servers whose keys are short. */
export const shortKeyIn = (store: DurableStore.Service, executionId: string, name: string): string =>
  `durable-${bytesToHex(sha256(utf8ToBytes(keyIn(store, executionId, name)))).slice(0, 40)}`
