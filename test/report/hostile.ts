/** Texts that would like to be more than text. */
import * as FastCheck from "effect/FastCheck"

/** Texts that leave an element, an attribute, a comment or a style, if anything lets them. `origin` hears from them. */
export const hostileTexts = (origin: string): ReadonlyArray<string> => [
  `<script>fetch("${origin}/script")</script>`,
  `<img src="${origin}/image" onerror="fetch('${origin}/onerror')">`,
  `"><svg onload=fetch('${origin}/onload')>`,
  `' autofocus onfocus='fetch("${origin}/onfocus")' tabindex='0`,
  `</title></style></textarea></pre></details><iframe src="${origin}/frame"></iframe>`,
  `</style><style>@import "${origin}/style"; body { background: url(${origin}/background) }</style>`,
  `<!-- <script>fetch("${origin}/comment")</script>`,
  `--><script>fetch("${origin}/after-comment")</script>`,
  `<![CDATA[<script>fetch("${origin}/cdata")</script>]]>`,
  `[a link](javascript:fetch("${origin}/link")) ![](${origin}/markdown-image)`,
  `<a href="javascript:fetch('${origin}/anchor')">a</a> <meta http-equiv="refresh" content="0;url=${origin}/refresh">`,
  `<base href="${origin}/"><link rel="stylesheet" href="${origin}/sheet"><object data="${origin}/object"></object>`,
  "&lt;script&gt; &#60;script&#62; &amp; &nbsp &ampamp; &#0; &#xD800; &notit;",
  "``` \n</code></pre><script>x</script>\n```\n`</code><script>` **<b onclick=x>**",
  "\u202eevil\u202c \u2066isolated\u2069 \u200f",
  "a\ud800b\udc00c \u{1f600} \u0000NUL\u0007\u001b[31mred\u001b[0m\u007f\u0085\ufeff",
  "\r\nWindows\rMac\n\nUnix\t.",
  "\n\n  a leading line break",
  "constructor __proto__ toString",
  "#{7*7} {{7*7}} <%= x %>"
]

const separators = [
  "",
  " ",
  "\n",
  "<",
  ">",
  '"',
  "'",
  "&",
  "`",
  "**",
  "#",
  "- ",
  "|",
  "/",
  "=",
  "\u0000",
  "\ud83d",
  "\ude00"
]

/** Any text, and pieces of hostile ones in any order. */
export const anyText: FastCheck.Arbitrary<string> = FastCheck.oneof(
  FastCheck.string({ unit: "binary" }),
  FastCheck.array(FastCheck.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) =>
    String.fromCharCode(...units)
  ),
  FastCheck.array(
    FastCheck.oneof(
      FastCheck.constantFrom(...hostileTexts("https://elsewhere.test"), ...separators),
      FastCheck.string({ maxLength: 10 })
    ),
    { maxLength: 8 }
  ).map((parts) => parts.join(""))
)
