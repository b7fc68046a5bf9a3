/** The page in a browser: it runs nothing and requests nothing, can be read by everyone, and fits. */
import { createServer, type Server } from "node:http"
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { RunReport } from "effect-sandboxes/report"
import { shown } from "../../src/report/html.js"
import { fromJson } from "../../src/schema/stromboli/ClaudeMessage.js"
import * as Chromium from "../support/chromium.js"
import { hostileTexts } from "./hostile.js"
import { runOf } from "./hostileRun.js"
import { sampleRun } from "./sampleRun.js"

/** Whatever could start something is opened, focused and hovered; what follows of it has then happened. */
const provoke = `(async () => {
  for (const details of document.querySelectorAll("details")) details.open = true
  for (const element of document.querySelectorAll("*")) {
    element.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }))
    if ("focus" in element) element.focus()
  }
  for (let frame = 0; frame < 3; frame++) await new Promise((resolve) => requestAnimationFrame(resolve))
})()`

/** Text and its background, as contrasts below what WCAG 2 asks for. */
const lowContrasts = `(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true })
  const pixel = (colours) => {
    canvas.clearRect(0, 0, 1, 1)
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1) }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
  }
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const found = new Set()
  let checked = 0
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement
    const style = getComputedStyle(element)
    if (node.data.trim() === "" || style.fontSize === "0px" || !element.checkVisibility({ contentVisibilityAuto: true })) continue
    const backgrounds = []
    for (let each = element; each; each = each.parentElement) backgrounds.unshift(getComputedStyle(each).backgroundColor)
    const behind = luminance(pixel(["white", ...backgrounds]))
    const text = luminance(pixel(["white", ...backgrounds, style.color]))
    const contrast = (Math.max(behind, text) + 0.05) / (Math.min(behind, text) + 0.05)
    checked++
    if (contrast < 4.5) found.add(element.className + " " + element.tagName + " " + contrast.toFixed(2) + " " + style.color)
  }
  return { checked, found: [...found] }
})()`

const overflow = `document.documentElement.scrollWidth - document.documentElement.clientWidth`

describe.skipIf(!Chromium.isInstalled)("the page in Chromium", () => {
  const pages = new Map<string, string>()
  let server: Server
  let origin: string
  let requested: Array<string> = []
  let browser: Chromium.Browser
  let page: Chromium.Page

  beforeAll(async () => {
    server = createServer((request, response) => {
      requested.push(request.url ?? "")
      const html = pages.get(request.url ?? "")
      response.writeHead(html === undefined ? 404 : 200, { "content-type": "text/html" })
      response.end(html)
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
    browser = await Chromium.launch()
    page = await browser.page()
    await page.show({ width: 1200, height: 900 })
  })

  afterAll(async () => {
    await browser?.close()
    server?.closeAllConnections()
    server?.close()
  })

  const open = async (html: string): Promise<void> => {
    pages.set("/page", html)
    requested = []
    await page.open(`${origin}/page`)
  }

  const hostile = () => hostileTexts(origin).join("\n")

  const hostileItems = (): ReadonlyArray<RunReport.Item> =>
    hostileTexts(origin).flatMap((text) =>
      runOf(text, text).filter((item) => !("_tag" in item && item._tag === "Exited"))
    )

  /** The same texts, as if nothing kept them from being markup; no refresh, since no policy prevents that. */
  const unescaped = (head: string) =>
    `<!doctype html><head>${head}</head>${hostileTexts(origin)
      .filter((text) => !/refresh|comment/.test(text))
      .join("\n")}`

  it("runs nothing and requests nothing, whatever the texts in it say", async () => {
    await open(RunReport.html(hostileItems(), { title: hostile() }))
    await page.evaluate(provoke)
    expect(requested).toEqual(["/page"])
    expect(page.requests().filter((url) => !url.startsWith("data:"))).toEqual([`${origin}/page`])
    expect(page.sounds()).toEqual([])
    expect(await page.evaluate("document.scripts.length")).toBe(0)
    expect(await page.evaluate("document.querySelectorAll('.prompt').length")).toBe(hostileTexts(origin).length)
  })

  it("has the texts, exactly", async () => {
    const all = hostileTexts(origin)
    await open(RunReport.html(all.map((text) => RunReport.prompt(text))))
    const texts = await page.evaluate(
      "[...document.querySelectorAll('.prompt .prose')].map((each) => each.textContent)"
    )
    expect(texts).toEqual(all.map(shown))
  })

  it("would request and run a lot if the texts were markup", async () => {
    await open(unescaped(""))
    await page.evaluate(provoke)
    for (const path of ["/script", "/image", "/onerror", "/onload", "/style"]) expect(requested).toContain(path)
  })

  it("would not even then, since its policy forbids it", async () => {
    const [policy = ""] = /<meta http-equiv="Content-Security-Policy"[^>]*>/.exec(RunReport.html([])) ?? []
    await open(unescaped(policy))
    await page.evaluate(provoke)
    expect(requested).toEqual(["/page"])
    await expect(page.evaluate("fetch('/probe').then(() => 'sent')")).rejects.toThrow()
    expect(requested).toEqual(["/page"])
  })

  const long: ReadonlyArray<RunReport.Item> = [
    RunReport.prompt(`A line of ${"x".repeat(1_000_000)}`),
    fromJson({ type: "assistant", message: { content: [{ type: "text", text: `| ${"wide | ".repeat(300)}\n` }] } }),
    ...runOf("y".repeat(100_000), "z".repeat(5000))
  ]

  it.each<readonly [string, number, ReadonlyArray<RunReport.Item>]>([
    ["a phone", 390, sampleRun],
    ["a phone", 320, sampleRun],
    ["a desktop", 1440, sampleRun],
    ["a phone, with endless lines", 390, long],
    ["a desktop, with endless lines", 1440, long]
  ])("fits into the width of %s (%d px)", async (_, width, items) => {
    await page.show({ width, height: 844 })
    await open(RunReport.html(items))
    expect(await page.evaluate(overflow)).toBe(0)
    await page.evaluate(provoke)
    expect(await page.evaluate(overflow)).toBe(0)
    expect(await page.evaluate("innerWidth")).toBe(width)
  })

  it.each(["light", "dark"] as const)("has its styles, and enough contrast for everyone: %s", async (scheme) => {
    await page.show({ width: 1200, height: 900, scheme })
    await open(RunReport.html(sampleRun))
    const background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    expect(background).toBe(scheme === "dark" ? "rgb(22, 21, 19)" : "rgb(246, 245, 241)")
    await page.evaluate(provoke)
    expect(await page.evaluate(lowContrasts)).toEqual({ checked: expect.any(Number), found: [] })
    const { checked } = Object(await page.evaluate(lowContrasts))
    expect(checked).toBeGreaterThan(150)
  })

  it("is used with the keyboard: first comes a way to the conversation, and Enter unfolds", async () => {
    await page.show({ width: 1200, height: 900 })
    await open(RunReport.html(sampleRun))
    await page.press("Tab")
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the conversation")
    expect(await page.evaluate("document.activeElement.getBoundingClientRect().top >= 0")).toBe(true)
    await page.evaluate("document.querySelector('.tool > summary').focus()")
    await page.press("Enter")
    expect(await page.evaluate("document.querySelector('.tool').open")).toBe(true)
  })

  it("shows only what was said, or everything, as the reader likes", async () => {
    await open(RunReport.html(sampleRun))
    const visible = (selector: string) =>
      page.evaluate(`[...document.querySelectorAll("${selector}")].filter((each) => each.checkVisibility()).length`)
    expect(await visible(".tool")).toBe(8)
    expect(await visible(".sub .tool")).toBe(0)
    await page.click("#unfold")
    expect(await visible(".sub .tool")).toBe(1)
    expect(await page.evaluate("document.querySelector('.tool pre').getBoundingClientRect().height > 10")).toBe(true)
    await page.click("#only-text")
    expect(await visible(".tool")).toBe(0)
    expect(await visible(".claude")).toBeGreaterThan(1)
  })

  it("can be printed, without what paper cannot do", async () => {
    await page.show({ width: 800, height: 1000, scheme: "dark", media: "print" })
    await open(RunReport.html(sampleRun))
    expect(await page.evaluate("document.querySelector('.controls').checkVisibility()")).toBe(false)
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)")
    expect(await page.evaluate(lowContrasts)).toMatchObject({ found: [] })
    expect(await page.printed()).toBeGreaterThan(20_000)
  })
})
