/**
 * In: folded own words of a comment or message. Out: whether it asks the office something (an answer or an action).
 * Called by: the enricher; the inbox collects such comments.
 */

/** Asking words that await an answer. */
const ASKS =
  /请问|想问|问一下|问下|咨询|求解答|求答复|求回复|请回复|请答复|给个说法|给个答复|怎么办理|如何办理|怎么办|怎么申请|如何申请|怎么报名|哪里(?:可以|能|办|领|查)|去哪(?:里|儿)?(?:办|领|查|交|打)|什么时候|啥时候|何时|多久(?:能|才|可以)|几点|几号(?:开|能|恢复)|能不能|能否|可不可以|可否|可以.{0,12}吗|能.{0,12}吗|需要.{0,12}吗|要不要|有没有.{0,16}(?:\?|呢|吗|人管)|是不是.{0,16}(?:\?|吗|呢)|为什么|为啥|凭什么|怎么还(?:没|不)|咋还(?:没|不)|到底.{0,12}(?:\?|吗|呢|谁|什么)|谁来?管|管不管|有人管|没人管|无人管/;

/** Demands for action. */
const DEMANDS =
  /请(?:相关部门|有关部门|政府|领导|贵|尽快|尽早|及时|务必|解决|处理|核实|查处|关注|调查|帮)|恳请|望(?:尽快|解决|处理|领导|政府|有关|相关|予以|给予|核实)|希望.{0,16}(?:解决|处理|整改|重视|关注|管管|答复|回复|恢复|加强|改善|协调|调查|查处|修)|要求.{0,12}(?:解决|处理|整改|赔偿|退|答复|公开|停止|查处)|建议.{0,20}(?:增加|增设|设置|加强|整改|取消|改|修|安装|开通)|投诉|举报|反映.{0,16}(?:问题|情况)|管管|管一管|尽快(?:解决|处理|恢复|修|整改)|什么时候.{0,8}(?:解决|恢复|修)|迟迟(?:不|没|未)|一直(?:没人|没有人|不|未)(?:管|解决|处理|回应|修)/;

/** Complaints of a service that fails here and now. */
const FAILS =
  /(?:停水|停电|停气|没水|没电|没暖气|不热|漏水|断网|断水|断电|堵得|臭|噪音|扰民|打不通|没人接|不接电话|无人接听)/;
const HERE =
  /我们?(?:家|小区|村|这|这里|这边|单位|学校)|我家|本小区|楼下|门口|家里|[小社]区|[0-9一二三四五六七八九十]+[栋幢号楼]/;

/** Rhetoric that looks like a question and awaits nothing. */
const RHETORIC =
  /^(?:真的吗|是吗|对吗|好吗|什么|啥|为什么|凭什么|why|怎么了|咋了)[?!.~。]*$|你(?:们)?(?:是不是|知不知道|怎么不)|难道/;

/** Rules, not a model: an officer can see why a comment was put into the inbox. */
export function asksOffice(own: string): boolean {
  const text = own.length > 2000 ? own.slice(0, 2000) : own;
  if (text.length < 4 || RHETORIC.test(text.trim())) return false;
  if (ASKS.test(text) || DEMANDS.test(text)) return true;
  return FAILS.test(text) && HERE.test(text);
}
