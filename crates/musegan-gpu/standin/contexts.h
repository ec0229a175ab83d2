// The driver, its cards, contexts and modules.
#pragma once

#include "calls.h"

namespace standin {

// A card's handle is not its number.
constexpr int FIRST_CARD = 70;

static bool is_card(int device) {
    const bool is = device >= FIRST_CARD && u64(device - FIRST_CARD) < control("cards");
    if (!is) breach("%d is no device's handle", device);
    return is;
}

struct Said {
    int code;
    const char *name, *text;
};
static const Said codes[] = {
    {0, "CUDA_SUCCESS", "no error"},
    {1, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {3, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {101, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {200, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {201, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {209, "CUDA_ERROR_NO_BINARY_FOR_GPU",
     "no kernel image is available for execution on the device"},
    {222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
     "the provided PTX was compiled with an unsupported toolchain."},
    {400, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {500, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {600, "CUDA_ERROR_NOT_READY", "device not ready"},
    {700, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {709, "CUDA_ERROR_CONTEXT_IS_DESTROYED", "context is destroyed"},
    {719, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {999, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

static int say(int code, const char **out, const char *Said::*part) {
    for (const Said &said : codes)
        if (said.code == code) return *out = said.*part, DONE;
    return *out = nullptr, INVALID_VALUE;
}

// Everything in a context goes with it. Says what its owner forgot, but not of one that failed: what
// is in it can only go like this.
static void empty(Context *context) {
    const auto forget = [&](auto &object) {
        if (!context->has_failed) breach("the %s %p is still there", object.NAME, object.handle);
        object.is_gone = true;
    };
    each<Stream>(context, forget);
    each<Event>(context, forget);
    each<Graph>(context, forget);
    each<PlayableGraph>(context, forget);
    for (auto &[start, piece] : pieces) {
        if (piece.context != context || piece.is_gone) continue;
        if (!context->has_failed) breach("%zu bytes at %p are still there", piece.bytes, start);
        piece.give_back();
    }
    // Modules go with their context or before, as one likes.
    each<Module>(context, [](Module &module) {
        module.is_gone = true;
        for (auto &[name, function] : module.functions) function->is_gone = true;
    });
}

// Bytes of a card that nobody has.
static u64 bytes_free(int device) {
    u64 free = control("memory");
    each<Context>(nullptr, [&](const Context &context) {
        if (context.device == device) free -= std::min(free, context.taken);
    });
    return free;
}

// What the library is given in the kernels' place where it was built for us; or a fat binary.
static bool is_image(const void *image) {
    static const char OURS[] = "no kernels: for the driver's stand-in";
    static const unsigned char FAT[] = {0x50, 0xed, 0x55, 0xba};
    return memcmp(image, FAT, sizeof FAT) == 0 ||
           strncmp(static_cast<const char *>(image), OURS, sizeof OURS - 1) == 0;
}

} // namespace standin

using namespace standin;

EXPORTED int cuInit(unsigned flags) {
    ENTER(NOTHING);
    if (flags) return breach("with flags"), INVALID_VALUE;
    if (control("init")) return control("init");
    if (!control("cards")) return NO_DEVICE;
    is_started = true;
    return DONE;
}

EXPORTED int cuDriverGetVersion(int *version) {
    ENTER(NOTHING);
    return *version = control("driver"), DONE;
}

EXPORTED int cuGetErrorName(int code, const char **text) {
    ENTER(NOTHING);
    return say(code, text, &Said::name);
}

EXPORTED int cuGetErrorString(int code, const char **text) {
    ENTER(NOTHING);
    return say(code, text, &Said::text);
}

EXPORTED int cuDeviceGetCount(int *count) {
    ENTER(DRIVER);
    return *count = control("cards"), DONE;
}

EXPORTED int cuDeviceGet(int *device, int number) {
    ENTER(DRIVER);
    if (number < 0 || u64(number) >= control("cards")) return INVALID_DEVICE;
    return *device = FIRST_CARD + number, DONE;
}

EXPORTED int cuDeviceGetName(char *name, int length, int device) {
    ENTER(DRIVER);
    if (!is_card(device)) return INVALID_DEVICE;
    snprintf(name, length, "Stand-in %d", device - FIRST_CARD);
    return DONE;
}

EXPORTED int cuDeviceTotalMem_v2(size_t *bytes, int device) {
    ENTER(DRIVER);
    return is_card(device) ? (*bytes = control("memory"), DONE) : INVALID_DEVICE;
}

EXPORTED int cuDeviceGetAttribute(int *value, int attribute, int device) {
    ENTER(DRIVER);
    if (!is_card(device)) return INVALID_DEVICE;
    switch (attribute) {
    case 75: return *value = control("capability") / 10, DONE;
    case 76: return *value = control("capability") % 10, DONE;
    default: return breach("attribute %d, which is not known here", attribute), INVALID_VALUE;
    }
}

EXPORTED int cuCtxCreate_v2(void **out, unsigned flags, int device) {
    ENTER(DRIVER);
    if (!is_card(device)) return INVALID_DEVICE;
    // How to wait is the only thing that flags may say here.
    if (flags > 4) return breach("flags %u", flags), INVALID_VALUE;
    if (control("context")) return control("context");
    Context *context = make<Context>(nullptr);
    context->context = context;
    context->device = device;
    context->current = 1;
    stack().push_back(context);
    return *out = context->handle, DONE;
}

EXPORTED int cuCtxDestroy_v2(void *handle) {
    ENTER(DRIVER);
    Context *context = find<Context>(handle, nullptr);
    if (!context) return INVALID_CONTEXT;
    const bool is_own = !stack().empty() && stack().back() == context;
    if (is_own) {
        stack().pop_back();
        context->current--;
    }
    if (context->current) breach("the context is current on %u threads", context->current);
    if (context->broken) {
        come_to_rest(context, call.lock);
    } else if (!settle(context, call.lock)) {
        return UNKNOWN;
    }
    empty(context);
    context->is_gone = true;
    wake_queues();
    return context->broken;
}

EXPORTED int cuCtxPushCurrent_v2(void *handle) {
    ENTER(DRIVER);
    Context *context = find<Context>(handle, nullptr);
    if (!context) return INVALID_CONTEXT;
    context->current++;
    stack().push_back(context);
    return DONE;
}

EXPORTED int cuCtxPopCurrent_v2(void **out) {
    ENTER(DRIVER);
    if (stack().empty()) return breach("without a current context"), INVALID_CONTEXT;
    stack().back()->current--;
    if (out) *out = stack().back()->handle;
    stack().pop_back();
    return DONE;
}

EXPORTED int cuModuleLoadData(void **out, const void *image) {
    ENTER(CONTEXT);
    if (!image || reinterpret_cast<u64>(image) % 8 || !is_image(image))
        return breach("what is at %p is no image, or not aligned", image), INVALID_IMAGE;
    if (control("module")) return call.answer(control("module"));
    if (control("capability") < 75) return call.answer(NO_BINARY_FOR_GPU);
    return *out = make<Module>(call.context)->handle, DONE;
}

EXPORTED int cuModuleGetFunction(void **out, void *handle, const char *name) {
    ENTER(CONTEXT);
    Module *module = find<Module>(handle, call.context);
    if (!module) return call.answer(INVALID_HANDLE);
    const auto found = kernels().find(name);
    if (found == kernels().end()) return NOT_FOUND;
    Function *&function = module->functions[name];
    if (!function) {
        function = make<Function>(call.context);
        function->kernel = &found->second;
    }
    return *out = function->handle, DONE;
}
