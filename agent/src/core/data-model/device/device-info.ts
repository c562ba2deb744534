import { object, ro, rw } from "./declare.ts";

const updateEngineOwns =
  "readOnly: the update engine alone chooses slots (trial boot, security floor); an ACS sends Download";

/** TR-181 Device., Device.DeviceInfo. */
export const deviceInfo = [
  object("Device.", ro("RootDataModelVersion", "string", { default: "2.16", maxLength: 32, inform: true })),
  object(
    "Device.DeviceInfo.",
    ro("Manufacturer", "string", { maxLength: 64 }),
    ro("ManufacturerOUI", "string", { maxLength: 6 }),
    ro("ModelName", "string", { maxLength: 64 }),
    ro("ProductClass", "string", { maxLength: 64 }),
    ro("SerialNumber", "string", { maxLength: 64 }),
    ro("HardwareVersion", "string", { maxLength: 64, inform: true }),
    ro("SoftwareVersion", "string", { maxLength: 64, inform: true, notify: "forced" }),
    ro("ActiveFirmwareImage", "string"),
    ro("BootFirmwareImage", "string", { deviation: updateEngineOwns }),
    rw("ProvisioningCode", "string", { maxLength: 64, inform: true, notify: "forced" }),
    ro("UpTime", "unsignedInt", { description: "seconds since boot" }),
    ro("FirstUseDate", "dateTime", {
      persist: true,
      description: "the first start with a clock that was set",
    }),
    ro("FirmwareImageNumberOfEntries", "unsignedInt"),
    ro("VendorConfigFileNumberOfEntries", "unsignedInt"),
    ro("VendorLogFileNumberOfEntries", "unsignedInt"),
    ro("SupportedDataModelNumberOfEntries", "unsignedInt"),
  ),
  object(
    "Device.DeviceInfo.FirmwareImage.{i}.",
    ro("Name", "string", { maxLength: 64 }),
    ro("Version", "string", { maxLength: 64 }),
    ro("Available", "boolean", { deviation: updateEngineOwns }),
    ro("Status", "string", {
      default: "NoImage",
      enum: [
        "NoImage",
        "Active",
        "Downloading",
        "Validating",
        "Available",
        "DownloadFailed",
        "ValidationFailed",
        "InstallationFailed",
        "ActivationFailed",
      ],
    }),
    ro("BootFailureLog", "string"),
  ),
  object(
    "Device.DeviceInfo.VendorConfigFile.{i}.",
    ro("Name", "string", { maxLength: 64 }),
    ro("Version", "string", { maxLength: 16 }),
    ro("Date", "dateTime"),
    ro("Description", "string", { maxLength: 256 }),
    ro("UseForBackupRestore", "boolean"),
  ),
  object(
    "Device.DeviceInfo.VendorLogFile.{i}.",
    ro("Name", "string", { maxLength: 64 }),
    ro("MaximumSize", "unsignedInt", { description: "bytes" }),
    ro("Persistent", "boolean"),
  ),
  object("Device.DeviceInfo.SupportedDataModel.{i}.", ro("URN", "string", { maxLength: 256 })),
  object(
    "Device.DeviceInfo.MemoryStatus.",
    ro("Total", "unsignedInt", { description: "KiB" }),
    ro("Free", "unsignedInt", { description: "KiB that programs can have" }),
    ro("TotalPersistent", "unsignedInt", { description: "KiB of the file system that keeps the state" }),
    ro("FreePersistent", "unsignedInt", { description: "KiB" }),
  ),
  object(
    "Device.DeviceInfo.ProcessStatus.",
    ro("CPUUsage", "unsignedInt", { maximum: 100, description: "percent, since it was last asked for" }),
  ),
];
