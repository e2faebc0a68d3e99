// What the checks of whole resources say, in both languages. https://hl7.org/fhir/R4/validation.html
import type { RuleTable } from './faults.ts'

/** Contained resources, Bundles, and where extensions stand. */
export const RESOURCE_RULES = {
  'contained-nested': {
    code: 'structure',
    severity: 'error',
    en: () => 'is contained, so it must not contain resources of its own (dom-2)',
    ja: () => 'は contained リソースなので、さらにリソースを含むことはできません (dom-2)',
  },
  'contained-version': {
    code: 'structure',
    severity: 'error',
    en: () => 'is contained, so it must not have meta.versionId or meta.lastUpdated (dom-4)',
    ja: () => 'は contained リソースなので、meta.versionId と meta.lastUpdated を持てません (dom-4)',
  },
  'contained-security': {
    code: 'security',
    severity: 'error',
    en: () =>
      'is contained, so it must not have security labels: they are those of the resource around it (dom-5)',
    ja: () =>
      'は contained リソースなので、セキュリティラベルを持てません。外側のリソースに付けてください (dom-5)',
  },
  'contained-unreferenced': {
    code: 'structure',
    severity: 'error',
    en: ({ about }) => `is contained, but nothing refers to "#${about}" and it does not refer to "#" (dom-3)`,
    ja: ({ about }) =>
      `は contained リソースですが、"#${about}" を参照する要素も "#" への参照もありません (dom-3)`,
  },
  'contained-same-id': {
    code: 'structure',
    severity: 'error',
    en: ({ about }) => `has the id "${about}" of another contained resource`,
    ja: ({ about }) => `の id "${about}" は別の contained リソースと重複しています`,
  },
  'contained-missing': {
    code: 'not-found',
    severity: 'error',
    en: ({ about }) => `refers to "${about}", but no contained resource has this id (ref-1)`,
    ja: ({ about }) => `の参照先 "${about}" に当たる contained リソースがありません (ref-1)`,
  },
  'full-url-relative': {
    code: 'value',
    severity: 'error',
    en: () => 'must be an absolute URL or a urn:',
    ja: () => 'は絶対 URL または urn: でなければなりません',
  },
  'full-url-other': {
    code: 'value',
    severity: 'error',
    en: () => 'names another type or id than the resource of its entry has',
    ja: () => 'の型または id が、エントリーのリソースと一致しません',
  },
  'request-other-type': {
    code: 'value',
    severity: 'error',
    en: () => 'is of another type than the resource of its entry',
    ja: () => 'の型が、エントリーのリソースと一致しません',
  },
  'reference-not-in-bundle': {
    code: 'not-found',
    severity: 'error',
    en: ({ about }) => `refers to ${about}, which no entry of this document or message has as its fullUrl`,
    ja: ({ about }) =>
      `の参照先 ${about} は、この文書またはメッセージのどのエントリーの fullUrl にもありません`,
  },
  'extension-context': {
    code: 'extension',
    severity: 'error',
    en: ({ about, facts }) =>
      `is the extension ${about}, which is not allowed here but only on: ${facts?.['contexts']}`,
    ja: ({ about, facts }) =>
      `の拡張 ${about} はここでは使用できません。使用できる場所: ${facts?.['contexts']}`,
  },
  'extension-context-rule': {
    code: 'extension',
    severity: 'error',
    en: ({ about, facts }) =>
      `is the extension ${about}, which is allowed only where this holds: ${facts?.['expression']}`,
    ja: ({ about, facts }) =>
      `の拡張 ${about} を使用できるのは、次の条件が成り立つ場所だけです: ${facts?.['expression']}`,
  },
  'extension-modifier': {
    code: 'extension',
    severity: 'error',
    en: ({ about }) =>
      `is the extension ${about}, which changes the meaning: it must stand in modifierExtension`,
    ja: ({ about }) => `の拡張 ${about} は意味を変えるため、modifierExtension に置かなければなりません`,
  },
  'extension-no-modifier': {
    code: 'extension',
    severity: 'error',
    en: ({ about }) => `is the extension ${about}, which is no modifier: it must stand in extension`,
    ja: ({ about }) => `の拡張 ${about} は修飾拡張ではないため、extension に置かなければなりません`,
  },
  'uuid-case': {
    code: 'value',
    severity: 'warning',
    en: () => 'has a UUID in upper case; RFC 4122 writes them in lower case',
    ja: () => 'の UUID に大文字が含まれています。RFC 4122 では小文字で書きます',
  },
} as const satisfies RuleTable
