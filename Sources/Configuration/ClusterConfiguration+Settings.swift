// From what the files say to the core's fixed tables. Names become identifiers here, and meanings
// become digests.

public import Failover

extension ClusterConfiguration {
    /// The core's tables.
    ///
    /// - Parameter ownAddresses: The addresses of this machine's interfaces; a `ucast` link that names
    ///   one is the peer's and is left out. `Settings.links` are `links(ownAddresses:)` in order.
    /// - Returns: Tables with deadlines from `timeouts` and digests from the meanings of the groups.
    public func settings(ownAddresses: [IPAddress] = []) -> Settings {
        Settings(
            cluster: cluster,
            node: NodeName(ownNode),
            peer: NodeName(peerNode),
            isFirstNode: nodes.first == ownNode,
            timings: timings,
            autoFailback: autoFailback,
            unprovedTakeover: takesUnproved,
            moveBudget: moveBudget,
            restartBudget: restartBudget,
            evidence: evidence,
            links: links(ownAddresses: ownAddresses).map {
                LinkSettings(name: $0.name, device: $0.device)
            },
            groups: groups.map(settings)
        )
    }

    private func settings(_ group: ResourceGroup) -> GroupSettings {
        GroupSettings(
            name: GroupName(group.name),
            preferred: group.preferredNode == ownNode ? .own : .peer,
            resources: group.resources.indices.map { place in
                var settings = settings(group.resources[place])
                settings.isCovered = group.isCovered(place)
                settings.isBesidePrevious = group.resources[place].isBesidePrevious
                return settings
            },
            storageDigest: group.hasStorage ? fnv1a(group.storageMeaning) : 0,
            addressDigest: fnv1a(group.addressMeaning)
        )
    }

    private func settings(_ resource: Resource) -> ResourceSettings {
        ResourceSettings(
            name: resource.text,
            type: resource.type,
            address: resource.address?.address,
            isStateless: resource.isStateless,
            isSuspendable: resource.isBarrier || usesFreezer && resource.canBeSuspended,
            isBarrier: resource.isBarrier,
            isReplicated: resource.isReplicated,
            lagLimit: resource.lagLimit,
            startTimeout: timeouts.limit(for: resource, .start),
            stopTimeout: timeouts.limit(for: resource, .stop),
            statusTimeout: timeouts.limit(for: resource, .status)
        )
    }
}
