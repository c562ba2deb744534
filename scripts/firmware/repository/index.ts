export { publishRepository } from "./publish.ts";
export {
  addImages,
  describeRepository,
  initRepository,
  refreshRepository,
  removeImage,
  renewTargets,
  rotateRoot,
  signDrafts,
  type Change,
  type RoleKeys,
} from "./repository.ts";
export { required, served, type Folder } from "./folder.ts";
