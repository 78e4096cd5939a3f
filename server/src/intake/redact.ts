/**
 * In: text as a citizen or an office wrote it. Out: the same text without phone numbers, ID cards, bank cards, e-mail, plates and handles.
 * Called by: intake, before anything is written, the search index included.
 */

export interface Redaction {
  text: string;
  /** How many of each kind were replaced; the ledger of a run may show it. */
  found: number;
}

/** Provinces' one-character plate prefixes, then a letter, then five or six characters (six for new-energy cars). */
const PLATE =
  /[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·•\s]?[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳](?![A-Za-z0-9])/gu;
const EMAIL = /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}/gu;
/** 18 characters whose middle is a date of 1900–2099, spaces and hyphens between groups allowed. */
const ID_CARD =
  /(?<![0-9])[1-9]\d{5}[\s-]?(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[\s-]?\d{3}[0-9Xx](?![0-9])/gu;
const OLD_ID_CARD = /(?<![0-9])[1-9]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?![0-9])/gu;
const BANK_CARD = /(?<![0-9])[3-6]\d{3}(?:[\s-]?\d{4}){2,3}[\s-]?\d{1,7}(?![0-9])/gu;
const MOBILE = /(?<![0-9])(?:\+?86[\s-]?)?1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?![0-9])/gu;
const LANDLINE = /(?<![0-9])0\d{2,3}[-\s)）]\d{7,8}(?![0-9])/gu;
const HANDLE = /@[\p{L}\p{N}_·-]{1,30}/gu;
const DIGIT_RUN = /[0-9]{5}/;
const DIGIT_FORMS = /[０-９]/u;

/**
 * @param official Official texts keep the handles (they name other offices) and landlines (public service numbers) that citizens' texts lose.
 */
export function redact(text: string, official: boolean): Redaction {
  let found = 0;
  const put = (mark: string) => () => {
    found++;
    return mark;
  };
  let out = text;
  if (DIGIT_FORMS.test(out)) out = out.replace(/[０-９]/gu, (d) => String.fromCharCode(d.charCodeAt(0) - 0xfee0));
  if (out.includes('@')) {
    out = out.replace(EMAIL, put('［邮箱］'));
    if (!official) out = out.replace(HANDLE, put('@［用户］'));
  }
  if (/[0-9]/.test(out)) {
    const joined = DIGIT_RUN.test(out.replace(/[\s-]/gu, ''));
    if (joined) {
      out = out.replace(ID_CARD, put('［身份证号］'));
      out = out.replace(MOBILE, put('［手机号］'));
      out = out.replace(BANK_CARD, put('［银行卡号］'));
      out = out.replace(OLD_ID_CARD, put('［身份证号］'));
      if (!official) out = out.replace(LANDLINE, put('［电话］'));
    }
    out = out.replace(PLATE, put('［车牌号］'));
  } else if (/[A-Z]{5}/u.test(out)) {
    out = out.replace(PLATE, put('［车牌号］'));
  }
  return { text: out, found };
}
