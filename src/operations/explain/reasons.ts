// What the code of a decision's reason means: rules of the consent semantics by number, and a sentence in both languages.

/** What a code says. */
export interface Reason {
  /** Numbers of rules (2.5 to 2.11) and of settled questions. */
  readonly rules: readonly string[]
  readonly en: string
  readonly ja: string
}

/** By code; those of the operator's policies by what stands before the colon. */
const REASONS: Readonly<Record<string, Reason>> = {
  self: { rules: ['C3a', 'P1'], en: 'It is the person’s own record.', ja: '本人の記録です。' },
  proxy: {
    rules: ['C3a', 'P3', 'P4'],
    en: 'A delegation in force lets the proxy have it.',
    ja: '有効な委任により、代理人が閲覧できます。',
  },
  'proxy:no-delegation': {
    rules: ['P3'],
    en: 'No delegation to this proxy is in force.',
    ja: 'この代理人への有効な委任がありません。',
  },
  'proxy:majority': {
    rules: ['P6'],
    en: 'Guardianship ended when the person came of age.',
    ja: '本人が成年に達したため、親権者の代理は終了しました。',
  },
  'proxy:adolescent-sensitive': {
    rules: ['P5', 'Q22'],
    en: 'From an age on, sensitive records are kept from guardians.',
    ja: '一定の年齢からは、機微な記録は親権者に示されません。',
  },
  'proxy:excluded': {
    rules: ['P3', 'Q22'],
    en: 'The delegation leaves out records with this label.',
    ja: 'このラベルの記録は委任の対象から除かれています。',
  },
  'hard:uninformed': {
    rules: ['P2', 'Q35'],
    en: 'The person has not been told of it yet.',
    ja: '本人に未告知の記録です。',
  },
  'hard:undelivered': {
    rules: ['Q33'],
    en: 'It is marked as not to be provided by the organisation it came from.',
    ja: '作成元の機関が未提供としている記録です。',
  },
  'hard:client': {
    rules: ['C1'],
    en: 'The requester is suspended.',
    ja: '要求者は停止されています。',
  },
  hard: {
    rules: ['C3b'],
    en: 'The operator has closed it to this requester (a court order, a protection, a lock).',
    ja: '運営者の措置（裁判所の命令・保護・停止など）により閉じられています。',
  },
  purpose: {
    rules: ['C1', 'Q12'],
    en: 'The purpose is not one that may be asked for.',
    ja: '利用目的として認められないものです。',
  },
  'btg-not-elevated': {
    rules: ['C1', 'B1'],
    en: 'Break-glass needs a session of its own.',
    ja: '緊急閲覧には専用の手続きが必要です。',
  },
  public: { rules: ['C2'], en: 'It is open to all.', ja: '誰にでも公開されています。' },
  statutory: {
    rules: ['C3c'],
    en: 'A law permits it, on a basis that was verified.',
    ja: '確認された法的根拠により認められています。',
  },
  'consent:unsupported-active': {
    rules: ['N3', 'C4'],
    en: 'A consent in force cannot be interpreted; until that is resolved it keeps others out.',
    ja: '解釈できない同意が有効なため、解決されるまで第三者には示されません。',
  },
  'consent:refused': {
    rules: ['C4'],
    en: 'A consent refuses it.',
    ja: '同意書の定めにより拒否されています。',
  },
  consent: { rules: ['C6'], en: 'A consent permits it.', ja: '同意により許可されています。' },
  'own-data': {
    rules: ['C6', 'D1', 'Q17', 'Q18'],
    en: 'It came from the organisation that asks.',
    ja: '要求した機関自身の記録です。',
  },
  treating: {
    rules: ['C6', 'D2', 'Q38'],
    en: 'A treating relation is on record.',
    ja: '診療関係が登録されています。',
  },
  admin: {
    rules: ['C6', 'U5', 'Q30', 'Q31', 'Q32'],
    en: 'A notice was given long enough ago, and nobody has objected.',
    ja: '通知から所定の期間が過ぎ、停止の求めがありません。',
  },
  btg: {
    rules: ['B1', 'B4'],
    en: 'Opened by break-glass.',
    ja: '緊急閲覧により開示されています。',
  },
  'btg-refused': {
    rules: ['B4', 'Q28', 'Q29'],
    en: 'It stays closed to break-glass too.',
    ja: '緊急閲覧でも開示されません。',
  },
  'btg-single-patient': {
    rules: ['B3', 'Q26'],
    en: 'Break-glass is for the record of one person.',
    ja: '緊急閲覧は一人の記録に限られます。',
  },
  'btg-read-only': {
    rules: ['B3'],
    en: 'Break-glass is for reading.',
    ja: '緊急閲覧は閲覧に限られます。',
  },
  'btg-unattended': {
    rules: ['B3', 'Q27'],
    en: 'Break-glass needs a person who asks.',
    ja: '緊急閲覧には操作する人が必要です。',
  },
  'consent-named': {
    rules: ['L20'],
    en: 'It is a consent that names the requester.',
    ja: '要求者を名指しした同意書です。',
  },
  'consent-recorded': {
    rules: ['L20'],
    en: 'It is a consent that the requester recorded.',
    ja: '要求者が記録した同意書です。',
  },
  'consent-others': {
    rules: ['L20'],
    en: 'A consent is shown to the person and to those it names.',
    ja: '同意書は本人と、そこに名指しされた者にのみ示されます。',
  },
  'nobodys-own': {
    rules: ['C2'],
    en: 'It is in nobody’s record, and came from the requester.',
    ja: '誰の記録でもなく、要求者自身が登録したものです。',
  },
  incomplete: {
    rules: ['L13'],
    en: 'It cannot be shown without something that the requester may not see.',
    ja: '要求者に示せない情報を含まずには示すことができません。',
  },
  default: {
    rules: ['C7'],
    en: 'Nothing permits it.',
    ja: '許可するものがありません。',
  },
}

/** A reason of a decision with its code, without the id of a policy or consent. */
export interface NamedReason extends Reason {
  readonly code: string
}

/** Returns the reasons of a decision, one for each person who permitted it; a code without a text is told as it is. */
export function toReasons(reason: string): readonly NamedReason[] {
  return [...new Set(reason.split(',').map(toCode))].map((code) => ({
    code,
    ...(REASONS[code] ?? { rules: [], en: code, ja: code }),
  }))
}

// The id of a policy is the operator's; that of a consent stands with the sources.
function toCode(reason: string): string {
  if (Object.hasOwn(REASONS, reason)) return reason
  const kind = reason.split(':', 1)[0]!
  return kind === 'consent' ? 'consent:refused' : kind
}
