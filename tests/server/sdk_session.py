"""Copies an image with the official SDK, waits for the copy, and goes on until the quota is full. Prints each step.

Reads {"endpoint"} as JSON.
"""

import json
import sys
import time

from tencentcloud.common.credential import Credential
from tencentcloud.common.exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.cvm.v20170312 import models
from tencentcloud.cvm.v20170312.cvm_client import CvmClient

ENDPOINT = json.load(sys.stdin)["endpoint"]


def client(region):
    http = HttpProfile(protocol="http", endpoint=ENDPOINT, reqTimeout=30)
    return CvmClient(Credential("id", "key"), region, ClientProfile(httpProfile=http))


def say(line):
    print(line, flush=True)


def sync(image, source, destination, name):
    request = models.SyncImagesRequest()
    request.ImageIds = [image]
    request.DestinationRegions = [destination]
    request.ImageName = name
    request.ImageSetRequired = True
    try:
        (copy,) = client(source).SyncImages(request).ImageSet
        said, copy_id = copy.ImageId, copy.ImageId
    except TencentCloudSDKException as error:
        said, copy_id = error.get_code(), None
    say(f"SyncImages {image} to {destination}: {said}")
    return copy_id


def wait(image, region):
    request = models.DescribeImagesRequest()
    request.ImageIds = [image]
    seen = None
    while True:
        (found,) = client(region).DescribeImages(request).ImageSet
        now = f"DescribeImages {image}: {found.ImageState} {found.SyncPercent} %"
        if now != seen:
            say(now)
        if found.ImageState == "NORMAL":
            return
        seen = now
        time.sleep(0.2)


def count(region, name, value):
    request = models.DescribeImagesRequest()
    only = models.Filter()
    only.Name, only.Values = name, [value]
    request.Filters = [only]
    return client(region).DescribeImages(request).TotalCount


def main():
    wait(sync("img-custom00", "ap-guangzhou", "ap-beijing", "copy 0"), "ap-beijing")
    for number in range(1, 5):
        sync("img-custom00", "ap-guangzhou", "ap-beijing", f"copy {number}")
    say(f"DescribeImages image-type=PRIVATE_IMAGE in ap-beijing: {count('ap-beijing', 'image-type', 'PRIVATE_IMAGE')}")
    quota = client("ap-beijing").DescribeImageQuota(models.DescribeImageQuotaRequest()).ImageNumQuota
    say(f"DescribeImageQuota in ap-beijing: {quota}")
    while count("ap-beijing", "image-state", "NORMAL") < 4:
        time.sleep(0.2)
    say(f"DescribeImages image-state=NORMAL in ap-beijing: {count('ap-beijing', 'image-state', 'NORMAL')}")
    # That a copy is done leaves no more quota.
    sync("img-custom00", "ap-guangzhou", "ap-beijing", "copy 5")
    # A copy is an image like any other, once it is done.
    copy = sync("img-copy0001", "ap-beijing", "ap-shanghai", "copy 6")
    sync(copy, "ap-shanghai", "ap-guangzhou", "copy 7")


main()
