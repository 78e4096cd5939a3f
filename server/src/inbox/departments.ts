/**
 * In: what administrators say about 承办单位. Out: the list that cases are given to. Called by: inbox.controller.ts, the demo seed.
 */
import { Injectable } from '@nestjs/common';
import type { Department, DepartmentInput } from '@minsheng/contracts';
import type { z } from 'zod';
import { UserEntity } from '../platform/auth/user.entity.ts';
import { Database } from '../platform/database/database.ts';
import { conflict, notFound } from '../platform/errors.ts';
import { LetterRouter } from './department-router.ts';
import { DepartmentEntity } from './inbox.entity.ts';

@Injectable()
export class Departments {
  constructor(
    private readonly db: Database,
    private readonly router: LetterRouter,
  ) {}

  async list(): Promise<Department[]> {
    return (await this.db.repo(DepartmentEntity).find({ order: { id: 'ASC' } })).map(view);
  }

  async create(body: z.output<typeof DepartmentInput>): Promise<Department> {
    const saved = await this.db.write(async (tx) => {
      if (await tx.repo(DepartmentEntity).existsBy({ name: body.name })) {
        throw conflict(`已有名为“${body.name}”的承办单位，没有重复新增。`, '请换一个名称，或直接使用已有的单位。');
      }
      return tx.repo(DepartmentEntity).save({
        name: body.name,
        duties: [...new Set(body.duties)],
        contact: body.contact ?? null,
        demo: 0,
      });
    });
    this.router.forget();
    return view(saved);
  }

  /** Refused while cases, answers or people still belong to it. */
  async remove(id: number): Promise<void> {
    await this.db.write(async (tx) => {
      if (!(await tx.repo(DepartmentEntity).existsBy({ id }))) throw notFound('个承办单位');
      const [cases] = await tx.all<{ n: number }>(
        `SELECT count(*) AS n FROM inbox_cases WHERE department_id = ? AND state IN ('received', 'assigned', 'review')`,
        [id],
      );
      const [answers] = await tx.all<{ n: number }>('SELECT count(*) AS n FROM answers WHERE department_id = ?', [id]);
      const open = Number(cases?.n ?? 0);
      const known = Number(answers?.n ?? 0);
      if (open > 0) {
        throw conflict(`还有 ${open} 件留言由该单位办理，没有删除。`, '请先把这些留言转给其他单位，或办结后再删除。');
      }
      if (known > 0) {
        throw conflict(`答复知识库中还有 ${known} 条属于该单位，没有删除。`, '请先删除或改挂这些知识。');
      }
      const people = await tx.repo(UserEntity).countBy({ departmentId: id });
      if (people > 0) {
        throw conflict(`还有 ${people} 位用户属于该单位，没有删除。`, '请先由安全管理员调整这些用户的单位。');
      }
      await tx.repo(DepartmentEntity).delete({ id });
    });
    this.router.forget();
  }

  /** For the demo seed: departments whose name is not known yet. @returns how many were added. */
  async importDepartments(
    entries: readonly { name: string; duties: readonly string[]; contact?: string; demo?: boolean }[],
  ): Promise<number> {
    const added = await this.db.write(async (tx) => {
      let n = 0;
      for (const e of entries) {
        if (await tx.repo(DepartmentEntity).existsBy({ name: e.name })) continue;
        await tx.repo(DepartmentEntity).save({
          name: e.name,
          duties: [...new Set(e.duties)],
          contact: e.contact ?? null,
          demo: e.demo === true ? 1 : 0,
        });
        n++;
      }
      return n;
    });
    this.router.forget();
    return added;
  }
}

function view(d: DepartmentEntity): Department {
  return { id: String(d.id), name: d.name, duties: d.duties, contact: d.contact, demo: d.demo === 1 };
}
