/**
 * In: a file chosen on 采集状态 and what its columns are. Out: a preview, then posts with a ledger. Called by: the web.
 */
import { routes, type ImportPreview, type ImportView, type RouteAnswer, type RouteInput } from '@minsheng/contracts';
import { Controller, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../platform/auth/caller.ts';
import { Database } from '../platform/database/database.ts';
import { conflict, notFound } from '../platform/errors.ts';
import { CallerParam, Endpoint, Input } from '../platform/http/endpoint.ts';
import { SourceEntity } from '../sources/source.entity.ts';
import { Imports } from './imports.ts';

@Controller()
export class ImportsController {
  constructor(
    private readonly db: Database,
    private readonly imports: Imports,
  ) {}

  @Endpoint(routes.sources.imports)
  async list(
    @Input() { params }: RouteInput<typeof routes.sources.imports>,
  ): Promise<RouteAnswer<typeof routes.sources.imports>> {
    return { items: await this.imports.list(Number(params.id)) };
  }

  @Endpoint(routes.sources.uploadImport)
  async upload(
    @Input() { params, query }: RouteInput<typeof routes.sources.uploadImport>,
    @CallerParam() caller: Caller,
    @Req() request: FastifyRequest & { rawBody?: Buffer },
  ): Promise<ImportPreview> {
    const source = await this.find(params.id);
    return this.imports.upload(source, query.name, request.rawBody ?? Buffer.alloc(0), caller.displayName);
  }

  @Endpoint(routes.sources.previewImport)
  async preview(@Input() { params, body }: RouteInput<typeof routes.sources.previewImport>): Promise<ImportPreview> {
    return this.imports.preview(await this.find(params.id), Number(params.importId), body);
  }

  @Endpoint(routes.sources.startImport)
  async start(@Input() { params, body }: RouteInput<typeof routes.sources.startImport>): Promise<ImportView> {
    return this.imports.start(await this.find(params.id), Number(params.importId), body);
  }

  private async find(id: string): Promise<SourceEntity> {
    const source = await this.db.repo(SourceEntity).findOneBy({ id: Number(id) });
    if (source === null) throw notFound('个采集源');
    if (source.kind !== 'file') throw conflict('只有“文件导入”类的采集源可以导入文件。');
    return source;
  }
}
