// What every page of people must have, as far as its text can tell; a browser sees the rest.
import type { Test } from 'tap'
import { layout } from '../../src/smart/pages/layout.ts'

type Page = Parameters<typeof layout>[0]

/** Returns the whole document of a page. */
export function toDocument(page: Page): string {
  return layout(page, { issuer: 'https://example.org/auth' } as never, '/page').toString()
}

/** Asserts one h1, a language, a label around every control, no id twice, and nothing that the CSP would stop. */
export function checkPage(t: Test, text: string): void {
  t.equal(text.match(/<h1[ >]/g)?.length, 1, 'one h1')
  t.match(text, /<html lang="(ja|en)">/)
  t.match(text, /<meta name="viewport"/)
  const body = text.slice(text.indexOf('<body'))
  t.notMatch(body, /\sstyle=|<style|<script|\son[a-z]+="/, 'nothing inline')
  t.notMatch(body, /<img[^>]+src="(?!https:\/\/example\.org\/auth\/assets\/)/, 'no picture from elsewhere')
  const ids = [...body.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id)
  t.equal(new Set(ids).size, ids.length, 'no id twice')
  t.same(controlsWithoutLabel(body), [], 'every control has a label')
  for (const [tag] of body.matchAll(/<fieldset[^>]*>(?!<legend>)/g)) t.fail(`${tag} without a legend`)
  for (const [, label] of body.matchAll(/<button[^>]*>([\s\S]*?)<\/button>/g))
    t.match(label, /[^\s<>]/, 'a button has words')
  for (const [link] of body.matchAll(/<a [^>]*target="_blank"[^>]*>/g)) t.match(link, /rel="noopener/)
}

function controlsWithoutLabel(body: string): readonly string[] {
  const found: string[] = []
  for (const match of body.matchAll(/<(input|select|textarea)\b[^>]*>/g)) {
    const [tag] = match
    if (/type="hidden"/.test(tag)) continue
    const before = body.slice(0, match.index)
    const isInside = before.lastIndexOf('<label') > before.lastIndexOf('</label>')
    const id = /\sid="([^"]*)"/.exec(tag)?.[1]
    if (!isInside && !(id && body.includes(`for="${id}"`))) found.push(tag)
  }
  return found
}
