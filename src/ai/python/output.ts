/** Keeps the beginning and the end of what is printed, however much it is. */
import type { Kit } from "../Kit.js"
import { joined, shortened } from "../text.js"

export const makeOutput = (kit: Kit) => {
  /** Of each end. Escape sequences and secrets make text longer than it is shown. */
  const most = 4 * kit.room
  let head = ""
  let tail = ""
  let isCut = false

  return {
    add: (text: string): void => {
      const room = most - head.length
      if (room > 0) head += text.slice(0, room)
      if (text.length <= room) return
      tail += text.slice(Math.max(0, room))
      if (tail.length > 2 * most) {
        tail = tail.slice(-most)
        isCut = true
      }
    },
    /** What was printed, and whether something of it is not there. */
    end: (room: number) => {
      if (!isCut) return shortened(kit.mask.whole(head + tail), room)
      const beginning = kit.mask.beginning(head)
      return { text: joined(beginning, kit.mask.end(tail), room, "the middle"), isCut }
    }
  }
}
