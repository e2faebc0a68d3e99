// What a narrative may hold. https://hl7.org/fhir/R4/narrative.html
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { createValidator } from '../../src/fhir/validate.ts'

const validate = createValidator(loadDefinitions())
const NAMESPACE = 'xmlns="http://www.w3.org/1999/xhtml"'
const inDiv = (inner: string) => `<div ${NAMESPACE}>${inner}</div>`

function faultOf(div: unknown): string | undefined {
  const issues = validate({ resourceType: 'Basic', code: { text: 'a' }, text: { status: 'generated', div } })
  return issues[0] && `${issues[0].expression?.[0]}: ${issues[0].diagnostics}`
}

const ALLOWED = [
  'a',
  '<p>山田　太郎 &amp; &lt;b&gt; &#160; &nbsp;</p>',
  '<table class="grid"><tr><td colspan="2">a</td></tr></table>',
  '<a href="http://a.b/c?d=e">x</a><a name="y">y</a><a href="#y">z</a><a href="Patient/1">p</a>',
  '<img src="https://a.b/c.png" alt="c"/><img src="#pic" alt=""/>',
  '<img src="data:image/png;base64,QUJD" alt=""/>',
  '<p style="color: red; background: url(data:image/png;base64,QUJD)">a</p>',
  '<!-- a > b --><p>1 on = 2, javascript: is a word</p><br/><hr />',
  "<p class='a' title='x > y'>a</p>",
  '<![CDATA[ <b> ]]>',
]

const HOSTILE = [
  '<script>alert(1)</script>',
  '<SCRIPT>alert(1)</SCRIPT>',
  '<script/>',
  '<style>a{}</style>',
  '<iframe src="http://a.b"></iframe>',
  '<object data="a"></object>',
  '<embed src="a"/>',
  '<form action="http://a.b"><p>a</p></form>',
  '<input type="text"/>',
  '<button>a</button>',
  '<link rel="stylesheet" href="http://a.b"/>',
  '<meta http-equiv="refresh" content="0"/>',
  '<base href="http://a.b"/>',
  '<svg onload="a()"></svg>',
  '<math></math>',
  '<p onclick="a()">a</p>',
  '<p ONMOUSEOVER="a()">a</p>',
  '<p\nonfocus = "a()">a</p>',
  '<img src="x" onerror="a()"/>',
  '<a href="javascript:a()">a</a>',
  '<a href="JaVaScRiPt:a()">a</a>',
  '<a href=" java\nscript:a()">a</a>',
  '<a href="&#106;avascript:a()">a</a>',
  '<a href="&#x6A;avascript&colon;a()">a</a>',
  '<a href="java&Tab;script:a()">a</a>',
  '<a href="vbscript:a()">a</a>',
  '<a href="data:text/html,a">a</a>',
  '<img src="file:///etc/passwd" alt=""/>',
  '<img src="data:image/svg+xml,a" alt=""/>',
  '<p style="background: url(javascript:a())">a</p>',
  '<p style="width: expression(a())">a</p>',
  '<p style="@import \'http://a.b\'">a</p>',
  '<p style="back\\67round: red">a</p>',
  '<!DOCTYPE html>',
  '<!ENTITY a "b">',
  '<?php a ?>',
  '<x:script>a</x:script>',
  '<p',
  '<p title="a>',
  '<p title=a>a</p>',
  '<p title>a</p>',
  '<p title="a"class="b">a</p>',
  '<b><i>a</b></i>',
  '<b>a',
  'a</div><div>b',
  'a</b>',
  '1 < 2',
  '<!-- a',
]

t.test('a narrative holds what R4 allows', async (t) => {
  for (const inner of ALLOWED) t.equal(faultOf(inDiv(inner)), undefined, inner)
  t.equal(faultOf(`\n<div ${NAMESPACE} xml:lang="ja">a</div>\n`), undefined)
})

t.test(
  'a narrative that runs, fetches or is not well formed is refused at its div, never cleaned',
  async (t) => {
    for (const inner of HOSTILE) t.match(faultOf(inDiv(inner)), /^Basic\.text\.div: /, inner)
  },
)

t.test('a narrative is one div of XHTML', async (t) => {
  const wrong = [
    'a',
    '<p>a</p>',
    '<div>a</div>',
    `<span ${NAMESPACE}>a</span>`,
    `<div ${NAMESPACE}>a`,
    '',
    1,
    null,
    {},
  ]
  for (const div of wrong) t.match(faultOf(div), /^Basic\.text(\.div)?: /, String(div))
  t.match(faultOf(`<divx ${NAMESPACE}>a</divx>`), /div/)
})

t.test('a narrative of megabytes of hostile text is judged at once', async (t) => {
  const size = 2_000_000
  const texts = ['<', '<b>', '<!--', '<a "', '<a x="1" ', '&#x', '<p style="url('].map((part) =>
    part.repeat(size / part.length),
  )
  const from = performance.now()
  for (const text of texts) faultOf(inDiv(text))
  t.equal(faultOf(inDiv(`<img alt="" src="data:image/png;base64,${'A'.repeat(size)}"/>`)), undefined)
  t.ok(performance.now() - from < 10_000)
})

t.test('each refusal is told in Japanese too', (t) => {
  for (const inner of HOSTILE) {
    const div = inDiv(inner)
    const [issue] = validate({
      resourceType: 'Basic',
      code: { text: 'a' },
      text: { status: 'generated', div },
    })
    t.match(issue?.ja, /受け付けられません: .*[ぁ-ん]/, inner)
  }
  t.end()
})
