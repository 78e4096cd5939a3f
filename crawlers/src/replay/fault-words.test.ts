import { describe, expect, it } from 'vitest';
import { FAULT_WORDS, faultsFrom } from './fault-words.ts';
import { FAULT_KINDS, FaultPlan } from './faults.ts';

describe('a fault plan in words', () => {
  it('names every kind, each in Chinese, and each is taken', () => {
    expect(Object.keys(FAULT_WORDS).sort()).toEqual([...FAULT_KINDS].sort());
    for (const kind of FAULT_KINDS) {
      expect(FAULT_WORDS[kind]).toMatch(/\p{Script=Han}/u);
      expect(faultsFrom(kind)).toEqual({ rates: { [kind]: 0.01 }, script: [] });
      const certain = new FaultPlan(faultsFrom(`${kind}=1`));
      expect(certain.next('/x').fault).toBe(kind);
    }
  });

  it('is none, all, shares, places and a seed', () => {
    expect(faultsFrom('none')).toEqual({});
    const all = faultsFrom('all=0.02, seed=7');
    expect(Object.keys(all.rates ?? {})).toEqual(FAULT_KINDS.filter((kind) => kind !== 'withheld-items'));
    expect(all.seed).toBe(7);
    const plan = new FaultPlan(faultsFrom('too-many=0,captcha@/gov/#2,gone@/feeds/'));
    expect(['/gov/a', '/gov/b', '/gov/c', '/feeds/x', '/x'].map((path) => plan.next(path).fault)).toEqual([
      undefined,
      'captcha',
      undefined,
      'gone',
      undefined,
    ]);
  });

  it.each(['', 'nonsense', 'too-many=2', 'too-many=x', 'too-many=-1', 'all=0.9', 'seed=', 'captcha@/x#0', 'none,gone'])(
    'says in Chinese what is wrong with “%s”',
    (plan) => {
      expect(() => faultsFrom(plan)).toThrow(/故障计划.*\p{Script=Han}/u);
    },
  );
});
