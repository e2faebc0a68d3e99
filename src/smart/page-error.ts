// A failure that a person is told of on a page: never a redirect, never JSON.

/** Failures of pages: HTTP status and what the page says, in both languages. */
export const PAGE_ERRORS = {
  stale: {
    status: 403,
    en: 'This page is no longer valid. Go back to the app or the start page and begin again.',
    ja: 'このページの有効期限が切れました。アプリまたは最初のページからやり直してください。',
  },
  'unknown-client': {
    status: 400,
    en: 'The app that sent you here is not registered with this service, or not approved yet. Nothing was given to it.',
    ja: 'お使いのアプリはこのサービスに登録されていないか、まだ承認されていません。アプリには何も渡していません。',
  },
  'bad-redirect': {
    status: 400,
    en: 'The app asked to be answered at an address that it has not registered. Nothing was given to it.',
    ja: 'アプリが登録していない宛先への応答を求めました。アプリには何も渡していません。',
  },
  'bad-request': {
    status: 400,
    en: 'The request cannot be read.',
    ja: 'リクエストを読み取れません。',
  },
  'not-found': { status: 404, en: 'There is no such page.', ja: 'ページが見つかりません。' },
  forbidden: { status: 403, en: 'You may not do this.', ja: 'この操作は許可されていません。' },
  throttled: {
    status: 429,
    en: 'Too many attempts. Wait a while, then try again.',
    ja: '試行回数が多すぎます。しばらく待ってからやり直してください。',
  },
  unavailable: {
    status: 503,
    en: 'The service cannot answer just now. Try again in a moment.',
    ja: 'ただいま応答できません。しばらくしてからやり直してください。',
  },
  exception: {
    status: 500,
    en: 'Something went wrong on our side.',
    ja: 'サーバーで問題が発生しました。',
  },
} as const

export type PageErrorCode = keyof typeof PAGE_ERRORS

/** An expected failure of a page. `detail` is for the developer of an app, in English, and never data of a person. */
export class PageError extends Error {
  readonly code: PageErrorCode
  readonly detail?: string

  constructor(code: PageErrorCode, detail?: string) {
    super(PAGE_ERRORS[code].en)
    this.name = 'PageError'
    this.code = code
    if (detail !== undefined) this.detail = detail
  }

  get status(): number {
    return PAGE_ERRORS[this.code].status
  }
}
