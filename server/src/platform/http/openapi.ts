/**
 * In: the routes of the contract. Out: the OpenAPI page at /api/docs and the document at /api/docs-json. Called by: serve.ts.
 */
import { routes, type Route } from '@minsheng/contracts';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { VERSION } from '../version.ts';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Schema = Record<string, unknown>;

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Schema =>
  z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'openapi-3.0' }) as Schema;

function parameters(schema: z.ZodType | undefined, place: 'path' | 'query') {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, Schema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, s]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: s,
  }));
}

function operation(route: Route): Operation {
  const roles =
    typeof route.access === 'string'
      ? { public: '无需登录', 'signed-in': '登录即可' }[route.access]
      : `角色：${route.access.join('、')}`;
  return {
    tags: [route.tag],
    summary: route.summary,
    description: roles + (route.audit === undefined ? '' : `；留痕：${route.audit}`),
    parameters: [...parameters(route.params, 'path'), ...parameters(route.query, 'query')],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } },
        }),
    responses: {
      200: { description: '成功', content: { 'application/json': { schema: schemaOf(route.response, 'output') } } },
    },
  };
}

/** The whole API as OpenAPI 3.0, from the same schemas that validate it. */
export function openApiDocument(): OpenAPIObject {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const group of Object.values(routes)) {
    for (const route of Object.values(group) as Route[]) {
      const path = `/api${route.path.replace(/:(\w+)/gu, '{$1}')}`;
      (paths[path] ??= {})[route.method.toLowerCase()] = operation(route);
    }
  }
  return {
    openapi: '3.0.0',
    info: { title: '民声 API', version: VERSION, description: '写操作须带会话 Cookie 与 x-csrf-token。' },
    paths,
    components: {},
  };
}

export function openApi(app: NestFastifyApplication): void {
  SwaggerModule.setup('api/docs', app, openApiDocument, {
    jsonDocumentUrl: 'api/docs-json',
    customSiteTitle: '民声 API',
  });
}
