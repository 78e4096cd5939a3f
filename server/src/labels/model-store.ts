/**
 * In: models that an office taught. Out: its versions, which of them enrich uses, switching and switching back. Called by: the page of
 * models; the `models` and `train` verbs. Under DATA_DIR/models: `versions/<id>.model`, and `<task>.model`, a copy of the one in use; without
 * that copy the shipped model is in use. A switch is one rename, so that a killed process leaves the old or the new.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LabelTask, type ModelVersion } from '@minsheng/contracts';
import { loadModel, type LinearModel } from '../enrich/linear-model.ts';
import { modelPath } from '../enrich/model-files.ts';
import { toInstant } from '../platform/clock.ts';
import { notFound } from '../platform/errors.ts';

export const SHIPPED = 'shipped';

export class ModelStore {
  /** What enrich is given: a file `<task>.model` in it replaces the shipped one. */
  readonly directory: string;
  readonly versionsDirectory: string;

  constructor(dataDir: string) {
    this.directory = join(dataDir, 'models');
    this.versionsDirectory = join(this.directory, 'versions');
  }

  /** A new version's name; versions of one task sort by age. */
  newId(task: LabelTask, now: number): string {
    const [day = '', time = ''] = toInstant(now).slice(0, 19).replaceAll(/[-:]/gu, '').split('T');
    return `${task}-${day}-${time}`;
  }

  /** The shipped one first, then the office's own, newest first. */
  versions(task: LabelTask): ModelVersion[] {
    const active = this.active(task);
    const own = existsSync(this.versionsDirectory)
      ? readdirSync(this.versionsDirectory)
          .flatMap((file) => (file.startsWith(`${task}-`) && file.endsWith('.model') ? [file.slice(0, -6)] : []))
          .sort()
          .reverse()
      : [];
    return [SHIPPED, ...own].map((id) => ({
      id,
      madeAt: madeAt(id),
      figure: figureOf(loadModel(this.pathOf(task, id))),
      active: id === active,
    }));
  }

  active(task: LabelTask): string {
    const path = join(this.directory, `${task}.model`);
    if (!existsSync(path)) return SHIPPED;
    const id = loadModel(path).meta['id'];
    return typeof id === 'string' ? id : SHIPPED;
  }

  /** The model in use, e.g. to start from. */
  current(task: LabelTask): LinearModel {
    return loadModel(this.pathOf(task, this.active(task)));
  }

  /** @throws UserError when there is no such version; a damaged file throws before anything is switched. */
  use(task: LabelTask, id: string): void {
    const target = join(this.directory, `${task}.model`);
    if (id === SHIPPED) {
      rmSync(target, { force: true });
      return;
    }
    const from = this.pathOf(task, id);
    if (!id.startsWith(`${task}-`) || !existsSync(from)) throw notFound('个模型版本');
    loadModel(from);
    mkdirSync(this.directory, { recursive: true });
    const part = `${target}.part`;
    copyFileSync(from, part);
    renameSync(part, target);
  }

  private pathOf(task: LabelTask, id: string): string {
    return id === SHIPPED ? modelPath(`${task}.model`) : join(this.versionsDirectory, `${id}.model`);
  }
}

/** From the name: `sentiment-20261125-081000`, office time. */
function madeAt(id: string): string | null {
  const parts = /-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)$/u.exec(id);
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second] = parts;
  return toInstant(Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}+08:00`));
}

export function figureOf(model: LinearModel): string {
  const { macroF1, rows, startedFrom } = model.meta;
  if (typeof macroF1 !== 'number' || typeof rows !== 'number') return '没有留下测量结果';
  const from = typeof startedFrom === 'string' ? `在${startedFrom === SHIPPED ? '随附模型' : startedFrom}上续训，` : '';
  return `${from}${rows} 条标注，五折 macro-F1 ${macroF1.toFixed(3)}`;
}
