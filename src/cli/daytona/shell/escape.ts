/** The way out of a shell that does not respond, as `ssh` has it: Enter, `~` and `.`. */

const enter = 13
const tilde = 126
const dot = 46

/** Remembers what was typed, and says for each piece what of it to send, and whether to leave. */
export const escapes = () => {
  let state: "line" | "start" | "tilde" = "start"
  return (bytes: Uint8Array): { readonly send: Uint8Array; readonly leave: boolean } => {
    const send: Array<number> = []
    for (const byte of bytes) {
      if (state === "tilde" && byte === dot) return { send: Uint8Array.from(send), leave: true }
      if (state === "start" && byte === tilde) {
        state = "tilde"
        continue
      }
      if (state === "tilde") {
        // A second tilde stands for the first.
        if (byte !== tilde) send.push(tilde)
        state = "line"
      }
      send.push(byte)
      state = byte === enter ? "start" : "line"
    }
    return { send: Uint8Array.from(send), leave: false }
  }
}
