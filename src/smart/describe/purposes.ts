// What data is used for, in words. https://terminology.hl7.org/CodeSystem-v3-ActReason.html
import type { Language } from '../../fhir/outcome.ts'
import { type Words, words } from './words.ts'

const PURPOSES: Readonly<Record<string, Words>> = {
  TREAT: words('treatment and care', '診療・ケア'),
  CAREMGT: words('coordinating care', 'ケアの調整'),
  COC: words('coordination of care', '医療連携'),
  ETREAT: words('treatment in an emergency', '救急の診療'),
  BTG: words('an emergency, passing over refusals', '緊急時の閲覧（拒否の設定を超えて）'),
  CLINTRL: words('a clinical trial', '治験・臨床試験'),
  POPHLTH: words('the health of a population', '集団の健康管理'),
  PATRQT: words('your own use', 'ご本人の利用'),
  PATADMIN: words('patient administration', '患者管理の事務'),
  FAMRQT: words('use by your family', 'ご家族の利用'),
  PWATRNY: words('use by your legal representative', '法定代理人の利用'),
  SUPNWK: words('use by those who support you', '支援者の利用'),
  HRESCH: words('health research', '医学・健康の研究'),
  DSRCH: words('research into a disease', '特定の病気の研究'),
  PUBHLTH: words('public health', '公衆衛生'),
  DISASTER: words('help in a disaster', '災害時の支援'),
  THREAT: words('averting a serious threat', '重大な危険の回避'),
  HPAYMT: words('payment and insurance', '支払い・保険'),
  CLMATTCH: words('documents for an insurance claim', '保険請求の添付'),
  COVAUTH: words('approval by an insurer', '保険の承認'),
  COVERAGE: words('health insurance', '医療保険'),
  ELIGDTRM: words('checking insurance', '保険資格の確認'),
  ENROLLM: words('enrolment in insurance', '保険への加入'),
  HOPERAT: words("the provider's own operations", '医療機関の運営'),
  HDIRECT: words('a directory of health services', '医療機関の案内'),
  HLEGAL: words('legal matters', '法的な手続き'),
  HACCRED: words('accreditation', '認定・評価'),
  HCOMPL: words('checking that rules are kept', '法令遵守の確認'),
  HQUALIMP: words('improving the quality of care', '医療の質の向上'),
  HSYSADMIN: words('running the system', 'システムの運用'),
  LABELING: words('labelling of data', 'データの分類'),
  MEMADMIN: words('administration of members', '会員の管理'),
  METAMGT: words('administration of data', 'データの管理'),
  DONAT: words('donation of organs or tissue', '臓器・組織の提供'),
  FRAUD: words('detecting fraud', '不正の検知'),
  GOV: words('the work of authorities', '行政'),
  TRAIN: words('training of staff', '医療者の教育'),
  ERTREAT: words('emergency room treatment', '救急外来の診療'),
  BIORCH: words('biomedical research', '生物医学の研究'),
  CLINTRCH: words('clinical trial research', '臨床試験の研究'),
  CLINTRCHNPC: words('a clinical trial without care of the patient', '診療を伴わない臨床試験'),
  CLINTRCHPC: words('a clinical trial with care of the patient', '診療を伴う臨床試験'),
  PRECLINTRCH: words('research before clinical trials', '臨床試験の前の研究'),
  POARCH: words('research into populations', '集団の研究'),
  TRANSRCH: words('research that brings findings into care', '橋渡し研究'),
  ELIGVER: words('confirming insurance', '保険資格の確認'),
  MILDCRG: words('military discharge', '除隊の手続き'),
  REMITADV: words('advice of payment', '支払いの通知'),
  HDECD: words('records of deceased people', '亡くなった方の記録'),
  HDM: words('health data management', '健康データの管理'),
  HOUTCOMS: words('measuring outcomes of care', '診療成果の測定'),
  HPRGRP: words('reports on programmes', '事業の報告'),
  MILCDM: words('military command', '軍の指揮'),
  PATSFTY: words('patient safety', '医療安全'),
  PERFMSR: words('measuring performance', '業績の評価'),
  RECORDMGT: words('keeping of records', '記録の管理'),
  SYSDEV: words('development of systems', 'システムの開発'),
  HTEST: words('testing of systems', 'システムの試験'),
  HMARKT: words('health marketing', '健康関連の宣伝'),
  MARKT: words('marketing', '宣伝'),
}

/** The codes that have words. */
export const PURPOSE_CODES: readonly string[] = Object.keys(PURPOSES)

/** Returns a purpose of use in words; the code itself where it has none, such as one of a research project. */
export function describePurpose(code: string, language: Language): string {
  return Object.hasOwn(PURPOSES, code) ? PURPOSES[code]![language] : code
}
