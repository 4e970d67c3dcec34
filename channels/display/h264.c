/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/h264.h"

#ifdef RDSPROV_H264

#include <stdlib.h>
#include <string.h>

#include <freerdp/codec/color.h>
#include <freerdp/primitives.h>
#include <wels/codec_api.h>

#include "os/os.h"

#define MACROBLOCK 16

struct h264 {
    ISVCEncoder *encoder;
    uint32_t width, height; /* of the picture */
    uint32_t coded_width, coded_height;
    uint8_t *planes[3];
    uint8_t *stream;
    size_t cap;
};

bool h264_available(void)
{
    return true;
}

static bool start(struct h264 *self)
{
    SEncParamExt param;
    int quiet = WELS_LOG_QUIET;

    if (WelsCreateSVCEncoder(&self->encoder) != 0 || !self->encoder)
        return false;
    (*self->encoder)->SetOption(self->encoder, ENCODER_OPTION_TRACE_LEVEL, &quiet);
    if ((*self->encoder)->GetDefaultParams(self->encoder, &param) != 0)
        return false;
    param.iUsageType = CAMERA_VIDEO_REAL_TIME;
    param.iPicWidth = (int)self->coded_width;
    param.iPicHeight = (int)self->coded_height;
    param.fMaxFrameRate = 60;
    param.iRCMode = RC_OFF_MODE; /* the pacing bounds what is sent, see encode_gfx.c */
    param.bEnableFrameSkip = false;
    param.uiIntraPeriod = 0; /* nothing is lost on the way, and nobody joins in the middle */
    param.iMultipleThreadIdc = 1;
    param.bEnableDenoise = false;
    param.bEnableBackgroundDetection = false;
    param.bEnableAdaptiveQuant = false;
    param.bEnableSceneChangeDetect = false;
    param.eSpsPpsIdStrategy = CONSTANT_ID;
    param.iComplexityMode = LOW_COMPLEXITY;
    param.sSpatialLayers[0].iVideoWidth = param.iPicWidth;
    param.sSpatialLayers[0].iVideoHeight = param.iPicHeight;
    param.sSpatialLayers[0].fFrameRate = param.fMaxFrameRate;
    param.sSpatialLayers[0].iDLayerQp = H264_QP;
    param.sSpatialLayers[0].sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
    /* [MS-RDPEGFX] 3.3.8.3.1: BT.709, full range */
    param.sSpatialLayers[0].bVideoSignalTypePresent = true;
    param.sSpatialLayers[0].uiVideoFormat = VF_UNDEF;
    param.sSpatialLayers[0].bFullRange = true;
    param.sSpatialLayers[0].bColorDescriptionPresent = true;
    param.sSpatialLayers[0].uiColorPrimaries = CP_BT709;
    param.sSpatialLayers[0].uiTransferCharacteristics = TRC_BT709;
    param.sSpatialLayers[0].uiColorMatrix = CM_BT709;
    return (*self->encoder)->InitializeExt(self->encoder, &param) == 0;
}

struct h264 *h264_create(uint32_t width, uint32_t height)
{
    struct h264 *self;
    size_t area;

    if (width % 2 || height % 2 || width < H264_SIDE_MIN || height < H264_SIDE_MIN || width > H264_SIDE_MAX ||
        height > H264_SIDE_MAX || width * height > H264_AREA_MAX)
        return NULL;
    self = calloc(1, sizeof(*self));
    if (!self)
        return NULL;
    self->width = width;
    self->height = height;
    self->coded_width = (width + MACROBLOCK - 1) / MACROBLOCK * MACROBLOCK;
    self->coded_height = (height + MACROBLOCK - 1) / MACROBLOCK * MACROBLOCK;
    area = (size_t)self->coded_width * self->coded_height;
    self->planes[0] = malloc(area + area / 2);
    if (!self->planes[0] || !start(self)) {
        h264_destroy(self);
        return NULL;
    }
    self->planes[1] = self->planes[0] + area;
    self->planes[2] = self->planes[1] + area / 4;
    return self;
}

void h264_destroy(struct h264 *self)
{
    if (!self)
        return;
    if (self->encoder) {
        (*self->encoder)->Uninitialize(self->encoder);
        WelsDestroySVCEncoder(self->encoder);
    }
    free(self->planes[0]);
    free(self->stream);
    free(self);
}

/* The padding continues the picture's edge: anything else would cost bits. */
static void pad(uint8_t *plane, uint32_t width, uint32_t height, uint32_t stride, uint32_t rows)
{
    for (uint32_t y = 0; width < stride && y < height; y++)
        memset(plane + (size_t)y * stride + width, plane[(size_t)y * stride + width - 1], stride - width);
    for (uint32_t y = height; y < rows; y++)
        memcpy(plane + (size_t)y * stride, plane + (size_t)(height - 1) * stride, stride);
}

static bool convert(struct h264 *self, const struct picture *picture, uint32_t left, uint32_t top)
{
    const UINT32 strides[3] = {self->coded_width, self->coded_width / 2, self->coded_width / 2};
    const prim_size_t size = {self->width, self->height};

    if (primitives_get()->RGBToYUV420_8u_P3AC4R(picture_at(picture, left, top), PIXEL_FORMAT_BGRX32,
                                                picture->stride, self->planes, strides,
                                                &size) != PRIMITIVES_SUCCESS)
        return false;
    pad(self->planes[0], self->width, self->height, strides[0], self->coded_height);
    for (unsigned i = 1; i < 3; i++)
        pad(self->planes[i], self->width / 2, self->height / 2, strides[i], self->coded_height / 2);
    return true;
}

/* One run of bytes of what OpenH264 keeps in layers. */
static bool gather(struct h264 *self, const SFrameBSInfo *info, const uint8_t **data, size_t *len)
{
    size_t total = 0, at = 0;

    for (int i = 0; i < info->iLayerNum; i++)
        for (int j = 0; j < info->sLayerInfo[i].iNalCount; j++)
            total += (size_t)info->sLayerInfo[i].pNalLengthInByte[j];
    if (total == 0)
        return false;
    if (total > self->cap) {
        uint8_t *stream = realloc(self->stream, total * 2);

        if (!stream)
            return false;
        self->stream = stream;
        self->cap = total * 2;
    }
    for (int i = 0; i < info->iLayerNum; i++) {
        const SLayerBSInfo *layer = &info->sLayerInfo[i];
        size_t bytes = 0;

        for (int j = 0; j < layer->iNalCount; j++)
            bytes += (size_t)layer->pNalLengthInByte[j];
        memcpy(self->stream + at, layer->pBsBuf, bytes);
        at += bytes;
    }
    *data = self->stream;
    *len = total;
    return true;
}

bool h264_encode(struct h264 *self, const struct picture *picture, uint32_t left, uint32_t top,
                 const uint8_t **data, size_t *len)
{
    SSourcePicture source = {
        .iColorFormat = videoFormatI420,
        .iStride = {(int)self->coded_width, (int)self->coded_width / 2, (int)self->coded_width / 2},
        .pData = {self->planes[0], self->planes[1], self->planes[2]},
        .iPicWidth = (int)self->coded_width,
        .iPicHeight = (int)self->coded_height,
        .uiTimeStamp = (long long)os_now_ms()};
    SFrameBSInfo info = {0};

    *data = NULL;
    *len = 0;
    return convert(self, picture, left, top) &&
           (*self->encoder)->EncodeFrame(self->encoder, &source, &info) == cmResultSuccess &&
           gather(self, &info, data, len);
}

#else

bool h264_available(void)
{
    return false;
}

struct h264 *h264_create(uint32_t width, uint32_t height)
{
    (void)width;
    (void)height;
    return NULL;
}

void h264_destroy(struct h264 *self)
{
    (void)self;
}

bool h264_encode(struct h264 *self, const struct picture *picture, uint32_t left, uint32_t top,
                 const uint8_t **data, size_t *len)
{
    (void)self;
    (void)picture;
    (void)left;
    (void)top;
    *data = NULL;
    *len = 0;
    return false;
}

#endif
