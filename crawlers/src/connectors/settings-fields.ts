/**
 * In: nothing. Out: settings that several kinds of source have alike, with their Chinese titles. Called by: the connectors' settings.
 */
import { z } from 'zod';

export const allowPrivateNetwork = z
  .boolean()
  .default(false)
  .meta({ title: '允许内网地址', advanced: true, description: '仅用于本单位内网站点或演示' });

/** Where the platform's interface is; a replay stands in for it on loopback. */
export const apiAddress = (platform: string) =>
  z.url().default(platform).meta({ title: '接口地址', advanced: true, description: '一般不必修改' });
