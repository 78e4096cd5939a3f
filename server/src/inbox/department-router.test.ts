import { describe, expect, it } from 'vitest';
import { openTestDatabase } from '../../test/database.ts';
import { inboxOn } from '../../test/desks.ts';
import { TrainedRouting } from '../desk-bindings.ts';
import { createEnricher } from '../enrich/enricher.ts';
import { LetterRouter, mapLabels } from './department-router.ts';

const OFFICE = [
  { name: '市水务局', duties: ['停水', '水质', '管网'] },
  { name: '市交通运输局', duties: ['公交', '出租车', '网约车'] },
  { name: '市教育局', duties: ['学区', '学位', '入学'] },
  { name: '市人力资源和社会保障局', duties: ['社保', '欠薪', '就业'] },
  { name: '市卫生健康委员会', duties: ['疫苗', '挂号', '急诊'] },
  { name: '市住房和城乡建设局', duties: ['物业', '电梯', '公积金'] },
];

const model = new TrainedRouting(createEnricher());

async function routerOf(departments: typeof OFFICE, read = model) {
  const db = await openTestDatabase();
  await inboxOn(db, 0).departments.importDepartments(departments);
  return new LetterRouter(db, read);
}

describe('departments of a message', () => {
  it('are found by the trained model where no duty word stands in the text, with the words that speak for them', async () => {
    const router = await routerOf(OFFICE);
    const placed: [text: string, department: string][] = [
      ['孩子上初中，班主任强制要求补课，还收了资料费，老师这样做合适吗？', '市教育局'],
      ['在单位干了十年，退休时说我的工龄认定少了三年，养老金也因此少发，请问找谁核实？', '市人力资源和社会保障局'],
      ['镇卫生院的医生态度恶劣，病人住院还乱收检查费。', '市卫生健康委员会'],
    ];
    for (const [text, department] of placed) {
      expect(OFFICE.some(({ duties }) => duties.some((duty) => text.includes(duty)))).toBe(false);
      const found = await router.suggest(text);
      expect(found[0]?.name).toBe(department);
      expect(found[0]?.probability).toBeGreaterThan(0.5);
      expect(found[0]?.reason).toMatch(/^从“.+”等用词看属“.+”类来信$/);
      expect(found.length).toBeLessThanOrEqual(3);
      expect(found.reduce((sum, d) => sum + d.probability, 0)).toBeLessThanOrEqual(1.01);
    }
  });

  it('are decided by duty words where several departments share a field of the model', async () => {
    const router = await routerOf(OFFICE);
    const [first] = await router.suggest('我们小区停水三天了，管网老化谁来修？');
    expect(first?.name).toBe('市水务局');
    expect(first?.reason).toContain('提到“停水”、“管网”');
  });

  it('are those the model was taught when its labels are the office’s own', () => {
    const departments = OFFICE.map((d, i) => ({ ...d, id: i + 1 }));
    const mapping = mapLabels(['市水务局', '环境保护'], departments, () => []);
    expect([...(mapping.get('市水务局') ?? [])]).toEqual([[1, 1]]);
    expect([...(mapping.get('环境保护') ?? [])]).toEqual([]);
  });
});
