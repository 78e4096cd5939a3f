/**
 * In: a comment that the enricher calls a question. Out: whether somebody waits for the office's own answer, so that it becomes a case.
 * Rants and rhetorical questions stay what they are, opinions, and are seen in topics. Called by: intake.ts.
 */

/** Turned to the office in so many words. */
const ADDRESSED =
  /请问|(?<!就)想问|问一下|问下|咨询|求解答|求答复|求回复|麻烦.{0,6}(?:回复|解答|看一下)|请(?:回复|答复|尽快|核实|处理|有关|相关)|恳请|我要投诉|我要举报|(?:怎么|如何|哪里|去哪)(?:办理|申请|领取|领|查询|查|报名|补办|续|缴|交费|预约|登记)/u;
/** Asks for a fact: when, where, how much, whether. */
const INFORMATION =
  /几点|几号|什么时候|何时|多久|多少钱|在哪|哪里|哪个部门|有人管吗|(?:吗|么|呢)\s*[？?]|还能.{0,10}吗|怎么办\s*[？?]|要不要.{0,12}[？?]/u;
const RANT =
  /上点心|谁来?管|给个说法|凭什么|没人管|踢皮球|重视|不想再忍|忍了|无语|气死|服了|求求了|又来|好意思|是不是故意|老百姓|别再|一次次|反映多少次|就我一个|吃瓜|哈哈|真的假的|真的吗|是真的|懂的都懂|我就想问|讲道理/u;

/** Asks other citizens, or answers one of them. */
const AMONG_CITIZENS =
  /^(?:\/\/)?回复\s*@［用户］|有没有人知道|有(?:人|谁)知道|有(?:知道|懂|了解)的|谁知道|同问|大家.{0,6}(?:知道|收到|来水)/u;

export function addressesOffice(text: string): boolean {
  const asked = text.slice(0, 1000);
  if (AMONG_CITIZENS.test(asked)) return false;
  return ADDRESSED.test(asked) || (INFORMATION.test(asked) && !RANT.test(asked));
}
