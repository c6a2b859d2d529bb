"""Calls servers with the official SDK, in each of its wire forms, and prints what it makes of the answers.

Reads a JSON list of {"edition", "endpoint", "scenarios"}, of which the last are names of SCENARIOS, and prints a JSON
object for each call: {"edition", "form", "scenario", "code", "request_id", "image_set"}. The code is that of the
exception, or null when there was none.
"""

import json
import sys

from tencentcloud.common.credential import Credential
from tencentcloud.common.exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.cvm.v20170312 import models
from tencentcloud.cvm.v20170312.cvm_client import CvmClient

FORMS = {
    "TC3 POST": ("TC3-HMAC-SHA256", "POST"),
    "TC3 GET": ("TC3-HMAC-SHA256", "GET"),
    "HmacSHA256 POST": ("HmacSHA256", "POST"),
    "HmacSHA1 GET": ("HmacSHA1", "GET"),
}

GOOD = {"ImageIds": ["img-custom00"], "DestinationRegions": ["ap-beijing"]}


class Client(CvmClient):
    """A client whose version and region can be wrong, and whose requests can be changed before they are sent.

    A changed request has a signature that does not fit it. Nobody looks at that here.
    """

    def __init__(self, endpoint, form, region="ap-guangzhou", version=CvmClient._apiVersion, change=None):
        sign_method, method = FORMS[form]
        http = HttpProfile(protocol="http", endpoint=endpoint, reqMethod=method, reqTimeout=30)
        super().__init__(Credential("id", "key"), region, ClientProfile(signMethod=sign_method, httpProfile=http))
        self._apiVersion = version
        self._change = change

    def _build_req_inter(self, action, params, req_inter, options=None):
        super()._build_req_inter(action, params, req_inter, options)
        if self._change:
            self._change(req_inter)


class Typed:
    """A call as most programs make it: a request object with these attributes beside or in place of good ones."""

    def __init__(self, params=None, **client):
        params = {**GOOD, **(params or {})}
        self.params = {name: value for name, value in params.items() if value is not None}
        self.client = client

    def send(self, client):
        request = models.SyncImagesRequest()
        for name, value in self.params.items():
            setattr(request, name, value)
        response = client.SyncImages(request)
        copies = response.ImageSet
        if copies is not None:
            copies = [[copy.ImageId, copy.Region] for copy in copies]
        return response.RequestId, copies


class Raw(Typed):
    """A call that request objects do not allow: any action, parameter and header."""

    def __init__(self, params=None, action="SyncImages", headers=None, **client):
        super().__init__(params, **client)
        self.action = action
        self.headers = headers or {}

    def send(self, client):
        response = client.call_json(self.action, self.params, dict(self.headers))["Response"]
        return response["RequestId"], response.get("ImageSet")


def without_version(request):
    """The SDK always sends one. Beside a form it is in the form, else in a header."""
    request.header.pop("X-TC-Version", None)
    request.data = request.data.replace("Version=" + CvmClient._apiVersion, "")


def without_region(request):
    """Beside a form the region is in the form, else in a header."""
    request.header.pop("X-TC-Region", None)
    request.data = request.data.replace("Region=ap-guangzhou", "")


def with_an_image_twice(request):
    """The SDK keeps parameters in a dictionary, which has each of them once."""
    if request.data.startswith("{"):
        request.data = '{"ImageIds": ["img-custom00"], ' + request.data[1:]
    else:
        request.data += "&ImageIds.0=img-custom00"


def image(image_id):
    return {"ImageIds": [image_id]}


def destinations(*regions):
    return {"DestinationRegions": list(regions)}


# Those that are named after a rule break it, and no rule before it.
SCENARIOS = {
    "accepted": Typed(),
    "with-image-set": Typed({"ImageSetRequired": True, **destinations("ap-beijing", "ap-shanghai")}),
    "dry-run": Typed({"DryRun": True}),
    "action-sync-images": Raw(action="SyncImage"),
    # In two forms the region of the client is a header, in the other two it is a parameter.
    "headers-agree": Raw({"Region": "ap-beijing"}, headers={"X-TC-Region": "ap-shanghai"}),
    "parameter-type": Typed({"DestinationRegions": "ap-beijing"}),
    "parameter-once": Typed(change=with_an_image_twice),
    "subscripts-from-zero": Raw({"ImageIds": None, "ImageIds.1": "img-custom00"}),
    "version-required": Typed(change=without_version),
    "version-supported": Typed(version="2017-03-21"),
    "region-required": Typed(change=without_region),
    "source-region-supported": Typed(region="gz"),
    "parameter-known": Raw({"ImageId": "img-custom00"}),
    "image-required": Typed({"ImageIds": None}),
    "image-single": Typed({"ImageIds": ["img-custom00", "img-custom01"]}),
    "image-id-format": Typed(image("img-xxxxxx")),
    "image-exists": Typed(image("img-99999999")),
    "image-custom": Typed(image("img-public00")),
    "image-state-normal": Typed(image("img-syncing0")),
    "image-size": Typed(image("img-large000")),
    "destination-required": Typed({"DestinationRegions": None}),
    "destination-exists": Typed(destinations("sh")),
    "destination-available": Typed(destinations("ap-hongkong")),
    "destination-not-source": Typed(destinations("ap-guangzhou")),
    "destination-source-only": Typed({**image("img-shared00"), **destinations("ap-shanghai")}),
    "destination-unique": Typed(destinations("ap-beijing", "ap-beijing")),
    "image-quota": Typed(destinations("ap-chengdu")),
    "image-name-length": Typed({"ImageName": "\u955c" * 61}),
    "image-name-unique": Typed({"ImageName": "taken", **destinations("ap-shanghai")}),
    "image-encrypted": Typed(image("img-crypted0")),
    "kms-key-format": Typed({"Encrypt": True, "KmsKeyId": "alias/images", **destinations("ap-guangzhou")}),
}


def main():
    asked = set()
    for server in json.load(sys.stdin):
        asked.update(server["scenarios"])
        for form in FORMS:
            for name in server["scenarios"]:
                scenario = SCENARIOS[name]
                code = image_set = None
                try:
                    request_id, image_set = scenario.send(Client(server["endpoint"], form, **scenario.client))
                except TencentCloudSDKException as error:
                    code, request_id = error.get_code(), error.get_request_id()
                    if request_id is None:
                        # Not the service's word, but the SDK's own.
                        raise
                print(json.dumps({
                    "edition": server["edition"],
                    "form": form,
                    "scenario": name,
                    "code": code,
                    "request_id": request_id,
                    "image_set": image_set,
                }))
    unused = SCENARIOS.keys() - asked
    if unused:
        sys.exit("scenarios that nothing asks for: " + ", ".join(sorted(unused)))


main()
